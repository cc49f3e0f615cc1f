//! Looks for duplicates, every night and when somebody asks.

use super::{finding, store};
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::people::record::Object;

/// Pairs written in one transaction.
const BATCH: usize = 1_000;

pub const FIND: Job = Job {
    name: "people.duplicates.find",
    purpose: "Looks for contacts and companies that may be the same.",
    schedule: Schedule::Cron("20 3 * * *"),
    work: Work::Workspace(find),
};

fn find(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    for object in Object::ALL {
        cx.progress(&format!("Looking through {}", object.many()))?;
        let is_stopping = || cx.is_stopping();
        let found = workspace.file.read(cx.now(), |db| match object {
            Object::Contact => finding::contacts(db, &is_stopping),
            Object::Company => finding::companies(db, &is_stopping),
        })?;
        if cx.is_stopping() {
            return Ok(());
        }
        let since = cx.now();
        // What a search finds is a question to the members, not a change of anybody's data.
        for batch in found.chunks(BATCH) {
            workspace.file.write_unaudited(cx.now(), &cx.origin(), |tx| {
                batch
                    .iter()
                    .try_for_each(|pair| store::add(tx, *object, pair.one, pair.other, pair.score, &pair.reasons))
            })?;
        }
        workspace.file.write_unaudited(cx.now(), &cx.origin(), |tx| store::forget_open(tx, *object, since))?;
    }
    Ok(())
}
