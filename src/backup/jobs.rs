//! What happens by itself: a backup each night. A night that was missed is caught up at the next start, since the job
//! is due from then on.

use super::drill::jobs::DRILL;
use super::run::{self, Asked};
use super::{mirror, prune, segments, watched};
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const RUN: Job = Job {
    name: "backup.daily.run",
    purpose: "Backs up every workspace and the installation, sealed, and reads each copy back.",
    schedule: Schedule::Cron("15 2 * * *"),
    work: Work::Installation(nightly),
};

pub const RUN_NOW: Job = Job {
    name: "backup.now.run",
    purpose: "Backs up everything once more, because somebody asked for it.",
    schedule: Schedule::OnDemand,
    work: Work::Installation(|cx| work(cx, Asked::default())),
};

pub const RUN_WORKSPACE: Job = Job {
    name: "backup.workspace.run",
    purpose: "Backs up one workspace once more, because its owner asked for it, or it came back from a backup.",
    schedule: Schedule::OnDemand,
    work: Work::Workspace(|cx, workspace| work(cx, Asked { place: Some(workspace.id), ..Asked::default() })),
};

pub const MERGE: Job = Job {
    name: "backup.segments.merge",
    purpose: "Merges changes older than two days, so that of each hour only its end is kept.",
    schedule: Schedule::Cron("40 * * * *"),
    work: Work::Installation(merge),
};

fn merge(cx: &JobContext) -> Result<(), Error> {
    match watched(cx, |watch| segments::merge(&cx.app, watch)) {
        Err(Error::Conflict(_)) => cx.progress("a backup is under way; the next run merges"),
        Err(error) => Err(error),
        Ok(None) => Ok(()),
        Ok(Some(done)) => cx.progress(&format!("{} segments became {}", done.segments, done.objects)),
    }
}

/// What is due; then the drill, which waited for this.
fn nightly(cx: &JobContext) -> Result<(), Error> {
    work(cx, Asked { only_due: true, ..Asked::default() })?;
    cx.followed_by(&DRILL);
    Ok(())
}

/// Lets go what the rule does not keep. That it waits for somebody's word is no failure; the console says so.
fn prune_after(cx: &JobContext) -> Result<(), Error> {
    watched(cx, |watch| prune::prune(&cx.app, &cx.origin(), false, false, watch)).map(drop)
}

/// What is due, or all of it, in turn with the drill and the merging.
fn work(cx: &JobContext, asked: Asked) -> Result<(), Error> {
    let asked = Asked { in_turn: true, ..asked };
    match watched(cx, |watch| run::run(&cx.app, &cx.origin(), asked, watch)) {
        Ok(None) => Ok(()),
        // A disk that is full needs it most, and one place that fails is no reason for the others.
        Err(error) => {
            if let Err(more) = prune_after(cx) {
                tracing::warn!(error = %more, "after a run that failed old copies could not go either");
            }
            Err(error)
        }
        Ok(Some(outcome)) => {
            let pruned = prune_after(cx).and_then(|()| mirror::jobs::ask(&cx.app));
            match outcome.failed.first() {
                None => pruned,
                Some(first) => Err(Error::Conflict(format!("{}: {}", first.place, first.reason))),
            }
        }
    }
}
