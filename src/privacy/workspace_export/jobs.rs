//! Makes exports of whole workspaces, and lets them go after seven days.

use super::{service, telling};
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::privacy::parcel;

/// Also looks by itself now and then: one that was cut off by the end of the process is begun again.
pub const BUILD: Job = Job {
    name: "privacy.workspace_exports.build",
    purpose: "Makes the file with everything in a workspace that an owner asked for, and tells the owners.",
    schedule: Schedule::EveryMinutes(15),
    work: Work::Workspace(build),
};

pub const FORGET: Job = Job {
    name: "privacy.workspace_exports.forget",
    purpose: "Destroys files with everything in a workspace seven days after they were made.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(forget),
};

fn build(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    // Again when somebody was erased meanwhile: what was gathered before holds them.
    while let Some(export) = workspace.file.read(cx.now(), service::building)? {
        if cx.is_stopping() {
            return Ok(());
        }
        service::make(&cx.app, workspace, &cx.origin(), &export, &|| cx.is_stopping())?;
    }
    telling::tell(cx, workspace)
}

fn forget(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    workspace.file.write(cx.now(), &cx.origin(), service::expire)?;
    let removed = parcel::sweep(workspace, cx.now())?;
    cx.progress(&format!("{removed} removed"))
}
