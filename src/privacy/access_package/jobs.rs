//! Makes packages, and lets them go after seven days.

use super::service;
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::privacy::parcel;

/// Also looks by itself now and then: whoever asked and was cut off before the ring still gets a package.
pub const BUILD: Job = Job {
    name: "privacy.access_packages.build",
    purpose: "Makes the copies of people's data that were asked for.",
    schedule: Schedule::EveryMinutes(15),
    work: Work::Workspace(build),
};

pub const FORGET: Job = Job {
    name: "privacy.access_packages.forget",
    purpose: "Destroys copies of people's data seven days after they were asked for.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(forget),
};

fn build(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let waiting = workspace.file.read(cx.now(), service::building)?;
    for (done, package) in waiting.iter().enumerate() {
        if cx.is_stopping() {
            return Ok(());
        }
        cx.progress(&format!("{done} of {} made", waiting.len()))?;
        service::make(&cx.app, workspace, &cx.origin(), package)?;
    }
    Ok(())
}

fn forget(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    workspace.file.write(cx.now(), &cx.origin(), service::expire)?;
    let removed = parcel::sweep(workspace, cx.now())?;
    cx.progress(&format!("{removed} removed"))
}
