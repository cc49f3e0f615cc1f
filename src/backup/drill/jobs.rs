//! The nightly job: drills whose turn it is. Asked for at the end of each nightly backup, and by itself in a night
//! without one.

use super::{Standing, rotation, service, standing};
use crate::backup::jobs::RUN;
use crate::backup::{Watch, health};
use crate::error::Error;
use crate::jobs::{self, Job, JobContext, Schedule, Work};

pub const DRILL: Job = Job {
    name: "backup.drill.run",
    purpose: "Restores workspaces from their backups into a scratch file, each at least once a week, and compares.",
    schedule: Schedule::Cron("45 3 * * *"),
    work: Work::Installation(nightly),
};

/// One place after the other. One that was stopped is drilled the next time; what a drill finds is told by its record.
fn nightly(cx: &JobContext) -> Result<(), Error> {
    let app = &cx.app;
    let states = app.read(jobs::list)?;
    let is_ahead = |job: &jobs::JobState| job.is_running || job.next_run_at.is_some_and(|due| due <= cx.now());
    if states.iter().any(|job| job.name == RUN.name && is_ahead(job)) {
        return cx.progress("the backup of tonight comes first, and asks for the drill when it is done");
    }
    let chain = health::read(app)?;
    let standing = standing(app, &chain)?;
    let turns: Vec<_> = standing.iter().filter_map(Standing::turn).collect();
    let mut failure = None;
    let mut told = String::new();
    for place in rotation::choose(cx.now(), &turns) {
        let Some(found) = standing.iter().find(|found| found.place == place) else { continue };
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
        match service::drill(app, &cx.origin(), place, &found.name, &mut watch) {
            // Stopped, or the workspace came to its end meanwhile.
            Err(Error::Unavailable(_)) if cx.is_stopping() => return Ok(()),
            Ok(_) | Err(Error::NotFound(_)) => {}
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(()), Err)
}
