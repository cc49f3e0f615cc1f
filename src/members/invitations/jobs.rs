//! Invitations are forgotten 30 days after they ended, used or not.

use super::service;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

/// How long one can still see that an invitation was sent.
const KEPT: i64 = 30 * Timestamp::DAY;

pub const FORGET: Job = Job {
    name: "members.invitations.forget",
    purpose: "Forgets invitations 30 days after they ended.",
    schedule: Schedule::Cron("25 3 * * *"),
    work: Work::Installation(forget),
};

fn forget(cx: &JobContext) -> Result<(), Error> {
    cx.app.write(&cx.origin(), |tx| service::forget(tx, cx.now().plus(-KEPT))).map(drop)
}
