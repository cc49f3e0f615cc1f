//! Lets deleted records go when their time is over.

use super::service;
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

/// Records of one transaction.
const BATCH: i64 = 500;

pub const FORGET: Job = Job {
    name: "people.trash.forget",
    purpose: "Lets deleted records go when their time is over.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(forget),
};

fn forget(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let mut gone = 0;
    while !cx.is_stopping() {
        let batch = workspace.file.write(cx.now(), &cx.origin(), |tx| service::forget_old(tx, BATCH))?;
        gone += batch;
        if batch == 0 {
            break;
        }
        cx.progress(&format!("{gone} gone"))?;
    }
    Ok(())
}
