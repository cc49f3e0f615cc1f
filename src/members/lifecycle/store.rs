//! The table `workspace_ends`, and the state and the row of a workspace that ends. SQL lives here and nowhere else.

use rusqlite::Row;

use super::End;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, MemberId, WorkspaceId};

const SELECT: &str = "SELECT * FROM workspace_ends";

pub fn all(db: &Db) -> Result<Vec<End>, Error> {
    db.rows(&format!("{SELECT} ORDER BY ifnull(requested_at, closed_at) DESC"), &[], end)
}

pub fn find(db: &Db, id: WorkspaceId) -> Result<Option<End>, Error> {
    db.row(&format!("{SELECT} WHERE workspace_id = :id"), &[(":id", &id)], end)
}

pub fn set_state(tx: &Tx, id: WorkspaceId, state: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE workspaces SET state = :state, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":state", &state), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn close(tx: &Tx, id: WorkspaceId, until: crate::clock::Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO workspace_ends (workspace_id, closed_at, closed_until) VALUES (:id, :now, :until)
         ON CONFLICT (workspace_id) DO UPDATE SET closed_at = :now, closed_until = :until",
        &[(":id", &id), (":now", &tx.now), (":until", &until)],
    )?;
    Ok(())
}

pub fn request(
    tx: &Tx,
    id: WorkspaceId,
    by: Option<MemberId>,
    grace_days: i64,
    head: Option<&[u8]>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO workspace_ends (workspace_id, requested_at, requested_by, grace_days, audit_head)
         VALUES (:id, :now, :by, :grace, :head)
         ON CONFLICT (workspace_id) DO UPDATE
         SET requested_at = :now, requested_by = :by, grace_days = :grace, audit_head = :head, confirmed_at = NULL",
        &[(":id", &id), (":now", &tx.now), (":by", &by), (":grace", &grace_days), (":head", &head)],
    )?;
    Ok(())
}

pub fn confirm(tx: &Tx, id: WorkspaceId) -> Result<(), Error> {
    let sql = "UPDATE workspace_ends SET confirmed_at = :now WHERE workspace_id = :id AND confirmed_at IS NULL";
    tx.execute(sql, &[(":id", &id), (":now", &tx.now)])?;
    Ok(())
}

pub fn forget(tx: &Tx, id: WorkspaceId) -> Result<(), Error> {
    tx.execute("DELETE FROM workspace_ends WHERE workspace_id = :id", &[(":id", &id)])?;
    Ok(())
}

pub fn set_step(tx: &Tx, id: WorkspaceId, step: i64) -> Result<(), Error> {
    tx.execute("UPDATE workspace_ends SET step = :step WHERE workspace_id = :id", &[(":id", &id), (":step", &step)])?;
    Ok(())
}

pub fn set_ring_generation(tx: &Tx, id: WorkspaceId, generation: i64) -> Result<(), Error> {
    let sql = "UPDATE workspace_ends SET ring_generation = :generation WHERE workspace_id = :id";
    tx.execute(sql, &[(":id", &id), (":generation", &generation)])?;
    Ok(())
}

/// The row of the workspace goes, and all that hangs on it: memberships, roles, tokens, jobs.
pub fn remove_rows(tx: &Tx, id: WorkspaceId) -> Result<(), Error> {
    tx.execute("DELETE FROM memberships WHERE workspace_id = :id", &[(":id", &id)])?;
    tx.execute("DELETE FROM workspaces WHERE id = :id", &[(":id", &id)])?;
    let sql = "UPDATE workspace_ends SET purged_at = :now, step = 3, requested_by = NULL WHERE workspace_id = :id";
    tx.execute(sql, &[(":id", &id), (":now", &tx.now)])?;
    Ok(())
}

pub fn set_backups_gone(tx: &Tx, id: WorkspaceId) -> Result<(), Error> {
    let sql = "UPDATE workspace_ends SET backups_gone_at = :now WHERE workspace_id = :id";
    tx.execute(sql, &[(":id", &id), (":now", &tx.now)])?;
    Ok(())
}

pub fn set_finished(tx: &Tx, id: WorkspaceId, certificate: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE workspace_ends SET key_copies_gone_at = :now, certificate = :certificate WHERE workspace_id = :id",
        &[(":id", &id), (":now", &tx.now), (":certificate", &certificate)],
    )?;
    Ok(())
}

/// The active owner's membership of an account in a workspace, whatever the workspace's state.
pub fn owner(db: &Db, id: WorkspaceId, account: AccountId) -> Result<Option<MemberId>, Error> {
    db.value(
        "SELECT m.id FROM memberships m JOIN roles r ON r.id = m.role_id
         WHERE m.workspace_id = :id AND m.account_id = :account AND m.state = 'active' AND r.key = 'owner'",
        &[(":id", &id), (":account", &account)],
    )
}

/// Whether the account is an active member, whatever the workspace's state.
pub fn is_member(db: &Db, id: WorkspaceId, account: AccountId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM memberships WHERE workspace_id = :id AND account_id = :account AND state = 'active'";
    Ok(db.value::<i64>(sql, &[(":id", &id), (":account", &account)])?.is_some())
}

/// The workspaces of an account whose deletion was asked for and is not done.
pub fn leaving(db: &Db, account: AccountId) -> Result<Vec<(WorkspaceId, String)>, Error> {
    db.rows(
        "SELECT w.id, w.name FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
         WHERE m.account_id = :account AND m.state = 'active' AND w.state = 'deleting' ORDER BY w.name",
        &[(":account", &account)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The hash of the last entry of the log of a workspace's own file.
pub fn audit_head(db: &Db) -> Result<Option<Vec<u8>>, Error> {
    db.value("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1", &[])
}

fn end(row: &Row) -> rusqlite::Result<End> {
    Ok(End {
        workspace: row.get("workspace_id")?,
        closed_at: row.get("closed_at")?,
        closed_until: row.get("closed_until")?,
        requested_at: row.get("requested_at")?,
        requested_by: row.get("requested_by")?,
        grace_days: row.get("grace_days")?,
        confirmed_at: row.get("confirmed_at")?,
        step: row.get("step")?,
        ring_generation: row.get("ring_generation")?,
        audit_head: row.get("audit_head")?,
        purged_at: row.get("purged_at")?,
        backups_gone_at: row.get("backups_gone_at")?,
        key_copies_gone_at: row.get("key_copies_gone_at")?,
        certificate: row.get("certificate")?,
    })
}
