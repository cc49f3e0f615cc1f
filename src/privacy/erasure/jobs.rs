//! Finishes what was begun: after the page that asked for it, after a crash, after the release of a hold.

use super::{finish, service};
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

/// Asked for with every erasure; also looks by itself, for those that a crash or a hold held up.
pub const FINISH: Job = Job {
    name: "privacy.erasures.finish",
    purpose: "Erases people who are to be erased, looks for what is left, and writes the certificate.",
    schedule: Schedule::EveryMinutes(5),
    work: Work::Workspace(finish),
};

fn finish(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let open = workspace.file.read(cx.now(), service::open)?;
    for (done, erasure) in open.iter().enumerate() {
        if cx.is_stopping() {
            return Ok(());
        }
        cx.progress(&format!("{done} of {} looked at", open.len()))?;
        finish::finish(&cx.app, workspace, &cx.origin(), erasure.id)?;
    }
    Ok(())
}
