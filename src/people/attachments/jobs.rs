//! Finishes what a crash cut off: deletes between row and file, uploads between file and row.

use super::service;
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

/// Small: it looks at a list and at the files that are coming in.
pub const CLEAR: Job = Job {
    name: "people.attachments.clear",
    purpose: "Removes files that were deleted, and uploads that were cut off.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(clear),
};

/// Looks at every file there is.
pub const SWEEP: Job = Job {
    name: "people.attachments.sweep",
    purpose: "Removes files that no record names.",
    schedule: Schedule::Cron("25 2 * * *"),
    work: Work::Workspace(sweep),
};

fn clear(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    service::clear(workspace, cx.now(), &cx.origin())?;
    workspace.blobs().sweep_incoming().map(drop)
}

fn sweep(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let removed = service::sweep(workspace, cx.now())?;
    cx.progress(&format!("{removed} removed"))
}
