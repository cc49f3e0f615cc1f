//! The tables of everything that opens a door, all rows at once.

use crate::db::Tx;
use crate::error::Error;
use crate::id::WorkspaceId;

pub fn end_sessions(tx: &Tx) -> Result<usize, Error> {
    tx.execute("UPDATE sessions SET ended_at = :now WHERE ended_at IS NULL", &[(":now", &tx.now)])
}

/// Links and codes that were mailed.
pub fn forget_secrets(tx: &Tx) -> Result<usize, Error> {
    tx.execute("DELETE FROM one_time_secrets", &[])
}

pub fn revoke_invitations(tx: &Tx) -> Result<usize, Error> {
    let sql = "UPDATE invitations SET revoked_at = :now WHERE revoked_at IS NULL AND accepted_at IS NULL";
    tx.execute(sql, &[(":now", &tx.now)])
}

/// Those of workspaces and those of operators.
pub fn revoke_tokens(tx: &Tx) -> Result<usize, Error> {
    let of_members =
        tx.execute("UPDATE api_tokens SET revoked_at = :now WHERE revoked_at IS NULL", &[(":now", &tx.now)])?;
    let of_operators =
        tx.execute("UPDATE operator_tokens SET revoked_at = :now WHERE revoked_at IS NULL", &[(":now", &tx.now)])?;
    Ok(of_members + of_operators)
}

pub fn end_sessions_of(tx: &Tx, workspace: WorkspaceId) -> Result<usize, Error> {
    tx.execute(
        "UPDATE sessions SET ended_at = :now WHERE ended_at IS NULL AND account_id IN
             (SELECT account_id FROM memberships WHERE workspace_id = :workspace AND state = 'active')",
        &[(":workspace", &workspace), (":now", &tx.now)],
    )
}

pub fn revoke_invitations_of(tx: &Tx, workspace: WorkspaceId) -> Result<usize, Error> {
    tx.execute(
        "UPDATE invitations SET revoked_at = :now
         WHERE workspace_id = :workspace AND revoked_at IS NULL AND accepted_at IS NULL",
        &[(":workspace", &workspace), (":now", &tx.now)],
    )
}

pub fn revoke_tokens_of(tx: &Tx, workspace: WorkspaceId) -> Result<usize, Error> {
    let sql = "UPDATE api_tokens SET revoked_at = :now WHERE workspace_id = :workspace AND revoked_at IS NULL";
    tx.execute(sql, &[(":workspace", &workspace), (":now", &tx.now)])
}
