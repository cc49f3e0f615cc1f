//! The nightly job: drills whose turn it is. Asked for at the end of each nightly backup, and by itself in a night
//! without one.

use super::{Standing, rotation, service, standing};
use crate::backup::jobs::RUN;
use crate::backup::{health, watched};
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
    for place in rotation::choose(cx.now(), &turns) {
        let Some(found) = standing.iter().find(|found| found.place == place) else { continue };
        match watched(cx, |watch| service::drill(app, &cx.origin(), place, &found.name, watch)) {
            Ok(None) => return Ok(()),
            // Or the workspace came to its end meanwhile.
            Ok(_) | Err(Error::NotFound(_)) => {}
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(()), Err)
}
