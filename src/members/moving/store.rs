//! Rows of members with numbers of their own, and the counter of those numbers.

use super::{MovedMember, MovedRole};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, MemberId, RoleId, TeamId, WorkspaceId};

/// The highest number that a member ever had; 0 before the first.
pub fn last_member(db: &Db) -> Result<i64, Error> {
    Ok(db.value("SELECT seq FROM sqlite_sequence WHERE name = 'memberships'", &[])?.unwrap_or(0))
}

pub fn set_last_member(tx: &Tx, last: i64) -> Result<(), Error> {
    if tx.execute("UPDATE sqlite_sequence SET seq = :last WHERE name = 'memberships'", &[(":last", &last)])? == 0 {
        tx.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('memberships', :last)", &[(":last", &last)])?;
    }
    Ok(())
}

pub fn set_moved(tx: &Tx, workspace: WorkspaceId, moved: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE workspaces SET members_moved = :moved WHERE id = :workspace",
        &[(":moved", &moved), (":workspace", &workspace)],
    )?;
    Ok(())
}

pub fn insert_member(
    tx: &Tx,
    workspace: WorkspaceId,
    id: MemberId,
    account: AccountId,
    role: RoleId,
    state: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO memberships (id, workspace_id, account_id, role_id, state, created_at, updated_at)
         VALUES (:id, :workspace, :account, :role, :state, :now, :now)",
        &[
            (":id", &id),
            (":workspace", &workspace),
            (":account", &account),
            (":role", &role),
            (":state", &state),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

pub fn insert_team(tx: &Tx, workspace: WorkspaceId, name: &str) -> Result<TeamId, Error> {
    tx.insert(
        "INSERT INTO teams (workspace_id, name, created_at) VALUES (:workspace, :name, :now)",
        &[(":workspace", &workspace), (":name", &name), (":now", &tx.now)],
    )
    .map(TeamId)
}

pub fn join(tx: &Tx, team: TeamId, member: MemberId) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO team_members (team_id, member_id) VALUES (:team, :member)",
        &[(":team", &team), (":member", &member)],
    )?;
    Ok(())
}

pub fn roles(db: &Db, workspace: WorkspaceId) -> Result<Vec<MovedRole>, Error> {
    db.rows(
        "SELECT id, key, name, is_builtin, permissions, requires_second_factor FROM roles
         WHERE workspace_id = :workspace ORDER BY id",
        &[(":workspace", &workspace)],
        |row| {
            Ok(MovedRole {
                id: row.get(0)?,
                key: row.get(1)?,
                name: row.get(2)?,
                is_builtin: row.get(3)?,
                permissions: row.get(4)?,
                requires_second_factor: row.get(5)?,
            })
        },
    )
}

/// Everybody who is or was a member.
pub fn everybody(db: &Db, workspace: WorkspaceId) -> Result<Vec<MovedMember>, Error> {
    db.rows(
        "SELECT m.id, m.account_id, m.role_id, m.state, a.email, a.display_name
         FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE m.workspace_id = :workspace ORDER BY m.id",
        &[(":workspace", &workspace)],
        |row| {
            Ok(MovedMember {
                id: row.get(0)?,
                account: row.get(1)?,
                role: row.get(2)?,
                state: row.get(3)?,
                email: row.get(4)?,
                name: row.get(5)?,
            })
        },
    )
}
