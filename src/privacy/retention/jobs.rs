//! The rules at work, every hour in each workspace and in the installation's own file.

use super::engine::Run;
use crate::db::{Workspace, installation};
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const RUN: Job = Job {
    name: "privacy.retention.run",
    purpose: "Lets go of what has come to its time in each workspace, unless somebody holds it.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(|cx, workspace| work(cx, Some(workspace))),
};

pub const RUN_CONTROL: Job = Job {
    name: "privacy.retention.run_installation",
    purpose: "Lets go of what has come to its time in the installation's own file: sign-ins, links, sent mail.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Installation(|cx| work(cx, None)),
};

fn work(cx: &JobContext, workspace: Option<&Workspace>) -> Result<(), Error> {
    if cx.app.read(|db| installation::is_held(db, workspace.map(|workspace| workspace.id)))? {
        return cx.progress("on hold since a restore");
    }
    let done = Run {
        modules: cx.app.modules,
        file: workspace.map_or(&cx.app.control, |workspace| &workspace.file),
        workspace,
        now: cx.now(),
        origin: cx.origin(),
        is_stopping: &|| cx.is_stopping(),
        tell: &|words| cx.progress(words),
    }
    .work()?;
    cx.progress(&format!("{} gone, {} held", done.acted, done.held))
}
