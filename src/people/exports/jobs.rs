//! Exports are forgotten when their time is over.

use super::service;
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const FORGET: Job = Job {
    name: "people.exports.forget",
    purpose: "Forgets exports seven days after programs asked for them",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(forget),
};

fn forget(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    workspace.file.write(cx.now(), &cx.origin(), service::forget)
}
