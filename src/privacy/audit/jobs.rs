//! What the audit log does by itself: checkpoints every hour, the daily mail to owners, and letting go of what is
//! older than a year.

use super::checkpoint::{self, Checkpoint};
use super::{digest, purge};
use crate::clock::Timestamp;
use crate::db::{Db, DbFile, Workspace, installation};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::privacy::data_map::File;
use crate::privacy::retention;

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
    purpose: "Lets entries of the audit log go after 365 days, unless somebody holds them; the rest still proves itself.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(purge_workspace),
};

pub const CONTROL_PURGE: Job = Job {
    name: "privacy.control_audit.purge",
    purpose: "Lets entries of the installation's audit log go after 365 days.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Installation(|cx| purge_old(cx, &cx.app.control, File::Control)),
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
    if cx.app.read(|db| installation::is_held(db, Some(workspace.id)))? {
        return cx.progress("on hold since a restore");
    }
    purge_old(cx, &workspace.file, File::Workspace)
}

/// What a legal hold covers stays, and so does the evidence of an open request. Because what is left must be one run,
/// the entries after a held one stay too; those lose what names somebody, as if they had gone.
fn purge_old(cx: &JobContext, file: &DbFile, which: File) -> Result<(), Error> {
    let before = cx.now().plus(-DAYS * Timestamp::DAY);
    let held = |db: &Db| retention::kept_entries(db, cx.app.modules, which);
    loop {
        // Nothing to let go is nothing to write about.
        let (is_due, has_names) = file.read(cx.now(), |db| {
            let held = held(db)?;
            Ok((purge::is_due(db, before, &held)?, purge::has_old_names(db, before, &held)?))
        })?;
        if cx.is_stopping() || !is_due && !has_names {
            return Ok(());
        }
        file.write(cx.now(), &cx.origin(), |tx| {
            let held = held(tx)?;
            if is_due { purge::purge(tx, before, &held, BATCH) } else { purge::empty(tx, before, &held, BATCH) }
        })?;
    }
}
