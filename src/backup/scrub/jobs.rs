//! The pass each week; one that failed or was missed is made up for the next night.

use crate::backup::watched;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const SCRUB: Job = Job {
    name: "backup.erased.scrub",
    purpose: "Takes people who were erased out of the backups that are older than their erasure.",
    schedule: Schedule::Cron("15 4 * * *"),
    work: Work::Installation(|cx| if super::is_time(&cx.app)? { scrub(cx) } else { Ok(()) }),
};

pub const SCRUB_NOW: Job = Job {
    name: "backup.erased.scrub_now",
    purpose: "Does the same once more, because somebody asked for it.",
    schedule: Schedule::OnDemand,
    work: Work::Installation(scrub),
};

fn scrub(cx: &JobContext) -> Result<(), Error> {
    let outcome = watched(cx, |watch| super::scrub(&cx.app, &cx.origin(), false, watch))?.unwrap_or_default();
    match outcome.failed.first() {
        None => Ok(()),
        Some(first) => Err(Error::Conflict(format!("{}: {}", first.place, first.reason))),
    }
}
