//! Does edits of many records in batches.

use super::{service, store};
use crate::db::{Actor, Origin, Workspace};
use crate::error::Error;
use crate::id::BulkEditId;
use crate::jobs::{Job, JobContext, Schedule, Work};

/// Records of one transaction: about a tenth of a second, so that members hardly notice.
pub const BATCH: i64 = 200;

/// Asked for when somebody starts an edit; picks up whatever is under way.
pub const RUN: Job = Job {
    name: "people.bulk.run",
    purpose: "Edits many records at once.",
    schedule: Schedule::OnDemand,
    work: Work::Workspace(run),
};

fn run(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    for edit in workspace.file.read(cx.now(), store::running)? {
        // The log, the history of each record and the trash name who asked for the edit, not the job that does it.
        let asked_by = workspace.file.read(cx.now(), |db| service::get(db, edit))?.created_by;
        let origin = asked_by.map_or_else(|| cx.origin(), |member| Origin::local(Actor::Member(member)));
        let is_done = workspace.file.write_much(|| all(cx, workspace, &origin, edit))?;
        if !is_done {
            return Ok(()); // The next start goes on from here.
        }
    }
    Ok(())
}

/// Batch by batch; false when the program is about to stop.
fn all(cx: &JobContext, workspace: &Workspace, origin: &Origin, edit: BulkEditId) -> Result<bool, Error> {
    while !cx.is_stopping() {
        let is_done = workspace.file.write(cx.now(), origin, |tx| service::step(tx, edit, BATCH))?;
        let bulk = workspace.file.read(cx.now(), |db| service::get(db, edit))?;
        cx.progress(&format!("{} of {}", bulk.done, bulk.total))?;
        if is_done {
            return Ok(true);
        }
    }
    Ok(false)
}
