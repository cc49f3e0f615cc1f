//! The pass each week; one that failed or was missed is made up for the next night.

use crate::backup::Watch;
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
    let mut told = String::new();
    let mut watch = Watch {
        tell: &mut |words, done, of| {
            let words = format!("{words}, {} of {of}", done + 1);
            // Shown, never part of the result.
            if words != told && cx.progress(&words).is_ok() {
                told = words;
            }
        },
        is_stopping: &|| cx.is_stopping(),
    };
    match super::scrub(&cx.app, &cx.origin(), false, &mut watch) {
        Err(Error::Unavailable(_)) if cx.is_stopping() => Ok(()),
        Err(error) => Err(error),
        Ok(outcome) => match outcome.failed.first() {
            None => Ok(()),
            Some(first) => Err(Error::Conflict(format!("{}: {}", first.place, first.reason))),
        },
    }
}
