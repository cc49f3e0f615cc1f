//! What the audit log does by itself: checkpoints every hour, the daily mail to owners, and letting go of what is
//! older than a year.

use super::checkpoint::{self, Checkpoint};
use super::{digest, purge};
use crate::clock::Timestamp;
use crate::db::{DbFile, Workspace};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::{Job, JobContext, Schedule, Work};

/// How long an entry stays (P-111).
pub const DAYS: i64 = 365;
/// Entries that one transaction lets go.
const BATCH: i64 = 5_000;

pub const CHECKPOINT: Job = Job {
    name: "privacy.audit.checkpoint",
    purpose: "Writes down how long each workspace's audit log is and its last hash, so that a later check finds what was cut off.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(|cx, workspace| note(cx, &workspace.file, workspace.id)),
};

pub const CONTROL_CHECKPOINT: Job = Job {
    name: "privacy.control_audit.checkpoint",
    purpose: "Writes down how long the installation's audit log is and its last hash.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Installation(|cx| note(cx, &cx.app.control, WorkspaceId::CONTROL)),
};

pub const PURGE: Job = Job {
    name: "privacy.audit.purge",
    purpose: "Lets entries of the audit log go after 365 days; the rest still proves itself.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(purge_workspace),
};

pub const CONTROL_PURGE: Job = Job {
    name: "privacy.control_audit.purge",
    purpose: "Lets entries of the installation's audit log go after 365 days.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Installation(|cx| purge_old(cx, &cx.app.control)),
};

pub const DIGEST: Job = Job {
    name: "privacy.audit.digest",
    purpose: "Mails the owners of each workspace what the audit log counted the day before, with its checkpoints.",
    schedule: Schedule::Cron("10 5 * * *"),
    work: Work::Workspace(digest::send),
};

/// Nothing is written while nothing happened: the last checkpoint still says all there is to say.
fn note(cx: &JobContext, file: &DbFile, log: WorkspaceId) -> Result<(), Error> {
    let data = &cx.app.config.data;
    let key = &cx.app.control_keys.manifest;
    let Some(now) = file.read(cx.now(), |db| Checkpoint::of(db, log))? else { return Ok(()) };
    let last = checkpoint::journal(data, log, key)?.checkpoints.pop();
    if last.is_some_and(|last| (last.size, last.head) == (now.size, now.head)) {
        return Ok(());
    }
    checkpoint::append(data, &now, key)?;
    tracing::info!(checkpoint = now.text(key).replace('\n', " ").trim_end(), "audit checkpoint");
    Ok(())
}

fn purge_workspace(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    purge_old(cx, &workspace.file)
}

fn purge_old(cx: &JobContext, file: &DbFile) -> Result<(), Error> {
    let before = cx.now().plus(-DAYS * Timestamp::DAY);
    loop {
        // Nothing to let go is nothing to write about.
        let is_due = file.read(cx.now(), |db| purge::is_due(db, before))?;
        if !is_due || cx.is_stopping() {
            return Ok(());
        }
        file.write(cx.now(), &cx.origin(), |tx| purge::purge(tx, before, BATCH))?;
    }
}
