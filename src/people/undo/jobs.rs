//! Takes changes back in batches, and forgets what can no longer be taken back.

use super::{service, store};
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

/// Records of one batch: each is one transaction, and a run cut off anywhere goes on after the last.
const BATCH: i64 = 500;

/// Asked for when somebody takes a change back; picks up whatever is under way.
pub const RUN: Job = Job {
    name: "people.changes.undo",
    purpose: "Takes back imports, bulk edits and merges.",
    schedule: Schedule::OnDemand,
    work: Work::Workspace(run),
};

pub const FORGET: Job = Job {
    name: "people.changes.forget",
    purpose: "Forgets after seven days how records were before a change.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(forget),
};

fn run(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let under_way = workspace.file.read(cx.now(), store::undoing)?;
    for change in under_way {
        loop {
            if cx.is_stopping() {
                return Ok(());
            }
            let is_done = workspace.file.write(cx.now(), &cx.origin(), |tx| service::step(tx, change, BATCH))?;
            let told = workspace.file.read(cx.now(), |db| service::get(db, change))?;
            cx.progress(&format!("{} of {}", told.restored + told.kept, told.records))?;
            if is_done {
                break;
            }
        }
    }
    Ok(())
}

fn forget(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    while !cx.is_stopping() {
        // Images are copies with a date of expiry: that they go is the rule, not a change of anybody's data.
        if workspace.file.write_unaudited(cx.now(), &cx.origin(), |tx| service::forget_old(tx, BATCH))? {
            break;
        }
    }
    Ok(())
}
