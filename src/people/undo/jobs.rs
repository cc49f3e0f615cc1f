//! Takes changes back in batches.

use super::{service, store};
use crate::db::Workspace;
use crate::error::Error;
use crate::id::ChangeId;
use crate::jobs::{Job, JobContext, Schedule, Work};

/// Records of one batch: each is one transaction, and a run cut off anywhere goes on after the last.
pub const BATCH: i64 = 500;

/// Asked for when somebody takes a change back; picks up whatever is under way.
pub const RUN: Job = Job {
    name: "people.changes.undo",
    purpose: "Takes back imports, bulk edits and merges.",
    schedule: Schedule::OnDemand,
    work: Work::Workspace(run),
};

fn run(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let under_way = workspace.file.read(cx.now(), store::undoing)?;
    for change in under_way {
        let is_done = workspace.file.write_much(|| all(cx, workspace, change))?;
        if !is_done {
            return Ok(()); // The next start goes on from here.
        }
    }
    Ok(())
}

/// Batch by batch; false when the program is about to stop.
fn all(cx: &JobContext, workspace: &Workspace, change: ChangeId) -> Result<bool, Error> {
    while !cx.is_stopping() {
        let is_done = workspace.file.write(cx.now(), &cx.origin(), |tx| service::step(tx, change, BATCH))?;
        let told = workspace.file.read(cx.now(), |db| service::get(db, change))?;
        cx.progress(&format!("{} of {}", told.restored + told.kept, told.records))?;
        if is_done {
            return Ok(true);
        }
    }
    Ok(false)
}
