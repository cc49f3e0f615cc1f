//! What happens by itself: a backup each night. A night that was missed is caught up at the next start, since the job
//! is due from then on.

use super::drill::jobs::DRILL;
use super::run::{self, Asked};
use super::{Watch, mirror, prune, segments};
use crate::error::Error;
use crate::jobs::{self, Job, JobContext, Schedule, Work};

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
    let mut told = String::new();
    let mut tell = |words: &str, _, _| {
        // Shown, never part of the result.
        if words != told && cx.progress(words).is_ok() {
            words.clone_into(&mut told);
        }
    };
    match segments::merge(&cx.app, &mut Watch { tell: &mut tell, is_stopping: &|| cx.is_stopping() }) {
        Err(Error::Unavailable(_)) if cx.is_stopping() => Ok(()),
        Err(Error::Conflict(_)) => cx.progress("a backup is under way; the next run merges"),
        Err(error) => Err(error),
        Ok(done) => cx.progress(&format!("{} segments became {}", done.segments, done.objects)),
    }
}

/// What is due; then the drill, which waited for this.
fn nightly(cx: &JobContext) -> Result<(), Error> {
    work(cx, Asked { only_due: true, ..Asked::default() })?;
    jobs::ask(&cx.app, &DRILL, None)
}

/// Lets go what the rule does not keep. That it waits for somebody's word is no failure; the console says so.
fn prune_after(cx: &JobContext) -> Result<(), Error> {
    let mut watch = Watch { tell: &mut |_, _, _| {}, is_stopping: &|| cx.is_stopping() };
    match prune::prune(&cx.app, &cx.origin(), false, false, &mut watch) {
        Err(Error::Unavailable(_)) if cx.is_stopping() => Ok(()),
        pruned => pruned.map(drop),
    }
}

/// What is due, or all of it.
fn work(cx: &JobContext, asked: Asked) -> Result<(), Error> {
    let mut told = String::new();
    let outcome = run::run(
        &cx.app,
        &cx.origin(),
        asked,
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
        // A disk that is full needs it most, and one place that fails is no reason for the others.
        Err(error) => {
            if let Err(more) = prune_after(cx) {
                tracing::warn!(error = %more, "after a run that failed old copies could not go either");
            }
            Err(error)
        }
        Ok(outcome) => {
            let pruned = prune_after(cx).and_then(|()| mirror::jobs::ask(&cx.app));
            match outcome.failed.first() {
                None => pruned,
                Some(first) => Err(Error::Conflict(format!("{}: {}", first.place, first.reason))),
            }
        }
    }
}
