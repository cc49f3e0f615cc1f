//! What happens by itself: a backup each night. A night that was missed is caught up at the next start, since the job
//! is due from then on.

use super::Watch;
use super::run::{self, Asked};
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const RUN: Job = Job {
    name: "backup.daily.run",
    purpose: "Backs up every workspace and the installation, sealed, and reads each copy back.",
    schedule: Schedule::Cron("15 2 * * *"),
    work: Work::Installation(work),
};

fn work(cx: &JobContext) -> Result<(), Error> {
    let mut told = String::new();
    let outcome = run::run(
        &cx.app,
        &cx.origin(),
        Asked { only_due: true, new_folder: false },
        &mut Watch {
            tell: &mut |words, done, of| {
                let words = format!("{words}, {} of {of}", done + 1);
                // Shown, never part of the result.
                if words != told && cx.progress(&words).is_ok() {
                    told = words;
                }
            },
            is_stopping: &|| cx.is_stopping(),
        },
    );
    match outcome {
        Err(Error::Unavailable(_)) if cx.is_stopping() => Ok(()),
        Err(error) => Err(error),
        Ok(outcome) => match outcome.failed.first() {
            None => Ok(()),
            Some(first) => Err(Error::Conflict(format!("{}: {}", first.place, first.reason))),
        },
    }
}
