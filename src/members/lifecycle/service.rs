//! Closing a workspace, bringing it back, asking for its deletion.

use super::{End, LONGEST_GRACE_DAYS, store, telling};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Db, Origin, Tx};
use crate::error::Error;
use crate::gate;
use crate::id::{AccountId, WorkspaceId};
use crate::members::workspaces;
use crate::privacy::audit::{self, Event};

/// Every workspace that is on its way out or gone, the newest first.
pub fn all(db: &Db) -> Result<Vec<End>, Error> {
    store::all(db)
}

pub fn find(db: &Db, id: WorkspaceId) -> Result<Option<End>, Error> {
    store::find(db, id)
}

/// Makes the workspace read only for `days`; after them its deletion begins by itself.
pub fn close(tx: &Tx, id: WorkspaceId, days: i64) -> Result<(), Error> {
    if workspaces::find(tx, id)?.state != "active" {
        return Err(Error::Conflict("only a workspace in service can be closed".into()));
    }
    if !(1..=365).contains(&days) {
        return Err(Error::field("days", "range", "Use 1 to 365 days."));
    }
    store::close(tx, id, tx.now.plus(days * Timestamp::DAY))?;
    store::set_state(tx, id, "read_only")?;
    record(tx, "members.workspace.closed", id, days)
}

/// Puts the workspace back in service as it was: while it is closed, and after a request until its grace is over.
pub fn reopen(tx: &Tx, id: WorkspaceId) -> Result<(), Error> {
    let end = store::find(tx, id)?;
    let can = end.as_ref().is_none_or(|end| end.can_reopen(tx.now));
    if !can || workspaces::find(tx, id)?.state == "active" {
        return Err(Error::Conflict("this workspace is in service, or its time to be brought back is over".into()));
    }
    store::forget(tx, id)?;
    store::set_state(tx, id, "active")?;
    record(tx, "members.workspace.reopened", id, 0)
}

/// Asks for the deletion. From this moment nobody comes in, no token and no job either. `typed` must be the
/// workspace's name.
pub fn request_deletion(
    app: &App,
    origin: &Origin,
    id: WorkspaceId,
    typed: &str,
    grace_days: i64,
) -> Result<(), Error> {
    let workspace = app.read(|db| workspaces::find(db, id))?;
    if typed.trim() != workspace.name {
        let message = format!("Type the name as it stands: {}", workspace.name);
        return Err(Error::field("name", "mismatch", message));
    }
    if !(0..=LONGEST_GRACE_DAYS).contains(&grace_days) {
        return Err(Error::field("grace_days", "range", "Use 0 to 30 days."));
    }
    let head = head_of(app, id)?;
    app.write(origin, |tx| begin_deletion(app, tx, id, grace_days, head.as_deref()))?;
    app.workspaces.close(id);
    Ok(())
}

/// The last line of the workspace's own log, for its tombstone. None when the file does not open any more.
pub(super) fn head_of(app: &App, id: WorkspaceId) -> Result<Option<Vec<u8>>, Error> {
    match gate::for_job(app, id) {
        Ok(workspace) => workspace.file.read(app.now(), store::audit_head),
        Err(Error::Unavailable(_) | Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// From here on nobody comes in, and every owner hears of it in the same transaction.
pub(super) fn begin_deletion(
    app: &App,
    tx: &Tx,
    id: WorkspaceId,
    grace_days: i64,
    head: Option<&[u8]>,
) -> Result<(), Error> {
    if !matches!(workspaces::find(tx, id)?.state.as_str(), "active" | "read_only") {
        return Err(Error::Conflict("the deletion of this workspace was asked for already".into()));
    }
    // Whoever hosts it may be one of its owners, and is no second one then.
    let by = match tx.origin.actor {
        Actor::Member(member) => Some(member),
        Actor::Operator(account) | Actor::OperatorProgram(_, account) => store::owner(tx, id, account)?,
        _ => None,
    };
    store::request(tx, id, by, grace_days, head)?;
    store::set_state(tx, id, "deleting")?;
    telling::owners(app, tx, id)?;
    record(tx, "members.workspace.deletion_requested", id, grace_days)
}

/// A second owner agrees, so that nothing waits for the day to cool off.
pub fn confirm(tx: &Tx, id: WorkspaceId, account: AccountId) -> Result<(), Error> {
    let owner = store::owner(tx, id, account)?.ok_or(Error::NotFound("workspace"))?;
    let end = store::find(tx, id)?.filter(|end| end.requested_at.is_some() && end.step == 0);
    let end = end.ok_or_else(|| Error::Conflict("nobody asked for the deletion of this workspace".into()))?;
    if end.requested_by == Some(owner) {
        return Err(Error::Conflict("you asked for the deletion: another owner can agree to it".into()));
    }
    if end.confirmed_at.is_some() {
        return Err(Error::Conflict("a second owner agreed already".into()));
    }
    store::confirm(tx, id)?;
    record(tx, "members.workspace.deletion_confirmed", id, end.grace_days)
}

/// An owner stops the deletion. Like [`reopen`], for whoever cannot come in any more.
pub fn keep(tx: &Tx, id: WorkspaceId, account: AccountId) -> Result<(), Error> {
    store::owner(tx, id, account)?.ok_or(Error::NotFound("workspace"))?;
    reopen(tx, id)
}

/// Workspaces of somebody that are on their way out, with their names.
pub fn leaving(db: &Db, account: AccountId) -> Result<Vec<(WorkspaceId, String)>, Error> {
    store::leaving(db, account)
}

fn record(tx: &Tx, action: &'static str, id: WorkspaceId, days: i64) -> Result<(), Error> {
    audit::record(tx, Event::new(action).on("workspace", id).in_workspace(id).detail("days", days))
}
