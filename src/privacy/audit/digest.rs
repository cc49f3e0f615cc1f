//! The daily mail to the owners of a workspace: what its logs counted the day before, and their checkpoints.
//!
//! The checkpoints are the point. They leave the machine, so that whoever holds it cannot shorten a log, or write
//! it anew, without the owners being able to tell (AUD-4). The counts make the mail worth opening.

use super::checkpoint::Checkpoint;
use super::store::{self, EntryFilter};
use super::words;
use crate::clock::Timestamp;
use crate::db::{Db, Workspace};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::JobContext;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::AuditDigest;
use crate::members::memberships::{self, Membership, State};
use crate::members::workspaces;
use crate::web::format;

/// Queues the mail for every owner. Nothing when neither log has changed since the mail before.
pub fn send(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let key = &cx.app.control_keys.manifest;
    let since = cx.now().plus(-Timestamp::DAY);
    let (records, happened) =
        workspace.file.read(cx.now(), |db| Ok((Checkpoint::of(db, workspace.id)?, counted(db, None, since)?)))?;
    let (access, happened_there) =
        cx.app.read(|db| Ok((Checkpoint::of(db, WorkspaceId::CONTROL)?, counted(db, Some(workspace.id), since)?)))?;
    let drilled = cx.app.read(|db| drilled(db, workspace.id, since))?;
    let lines: Vec<String> = happened.into_iter().chain(happened_there).chain(drilled).collect();
    if lines.is_empty() {
        return Ok(());
    }
    let checkpoints: Vec<String> = records.iter().chain(&access).map(|checkpoint| checkpoint.text(key)).collect();
    // The mail repeats nothing that could be changed, and names nobody: a queue, no change of anything.
    cx.app.control.write_unaudited(cx.now(), &cx.origin(), |tx| {
        let place = workspaces::find(tx, workspace.id)?;
        let content = AuditDigest {
            site: &cx.app.config.host_name(),
            workspace: &place.name,
            counts: &lines,
            checkpoints: &checkpoints,
            link: &cx.app.public_url(&format!("/w/{}/audit", place.slug)),
        }
        .content()?;
        for owner in memberships::list(tx, workspace.id)?.iter().filter(|member| is_in_charge(member)) {
            let recipient =
                Recipient { address: &owner.email, whom: Whom::Account(owner.account), workspace: Some(workspace.id) };
            queue::add(tx, &cx.app.mailer, recipient, &content)?;
        }
        Ok(())
    })
}

fn is_in_charge(member: &Membership) -> bool {
    member.is_owner() && member.state == State::Active && member.account_is_active
}

/// What the restore drill of the day found, when there was one.
fn drilled(db: &Db, workspace: WorkspaceId, since: Timestamp) -> Result<Option<String>, Error> {
    let filter = EntryFilter {
        workspace: Some(workspace),
        action: "backup.drill.finished".into(),
        from: Some(since),
        limit: 1,
        ..EntryFilter::default()
    };
    let Some(entry) = store::list(db, &filter)?.into_iter().next() else { return Ok(None) };
    let detail: serde_json::Value = serde_json::from_str(&entry.detail)?;
    let took = crate::backup::drill::took(detail["restore_ms"].as_i64().unwrap_or(0));
    Ok(Some(match detail["verdict"].as_str() {
        Some("ok") => format!("Restored from its backups as a drill and compared, row by row: the same, in {took}"),
        Some("base_only") => format!("The newest backup was restored as a drill and is whole, in {took}"),
        _ => "A restore drill failed; whoever hosts this installation was told".into(),
    }))
}

/// A line for each group of actions that happened: "12 × Contacts".
fn counted(db: &Db, workspace: Option<WorkspaceId>, since: Timestamp) -> Result<Vec<String>, Error> {
    let groups = if workspace.is_some() { words::ACCESS_GROUPS } else { words::RECORD_GROUPS };
    let mut lines = Vec::new();
    for (prefix, label) in groups {
        let filter = EntryFilter { workspace, action: (*prefix).into(), from: Some(since), ..EntryFilter::default() };
        let count = store::count(db, &filter)?;
        if count > 0 {
            lines.push(format!("{label}: {}", format::plural(count, "entry", "entries")));
        }
    }
    Ok(lines)
}
