//! Turns what was said by people who are gone into proof without names.

use super::service;
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::module::persons;
use crate::privacy::data_map::File;

pub const SETTLE: Job = Job {
    name: "privacy.consent.settle",
    purpose: "Empties what people who are gone said about their data of everything but the proof.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(settle),
};

fn settle(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    for kind in persons(cx.app.modules, File::Workspace) {
        workspace.file.write(cx.now(), &cx.origin(), |tx| service::settle(tx, kind))?;
    }
    Ok(())
}
