//! The `memberships` table. SQL lives here and nowhere else.

use rusqlite::Row;

use super::{Membership, State};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, MemberId, RoleId, TeamId, WorkspaceId};

const SELECT: &str =
    "SELECT m.id, m.account_id, a.display_name, a.email, m.role_id, r.key AS role_key, r.name AS role_name,
    m.state, a.state = 'active' AS account_is_active, a.totp_confirmed_at IS NOT NULL AS has_second_factor,
    a.last_sign_in_at, m.created_at, m.updated_at, m.version,
    (SELECT json_group_array(json_array(t.id, t.name) ORDER BY t.name) FROM team_members x
     JOIN teams t ON t.id = x.team_id WHERE x.member_id = m.id) AS teams
    FROM memberships m JOIN accounts a ON a.id = m.account_id JOIN roles r ON r.id = m.role_id";

/// Those who are members, active or suspended.
pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<Membership>, Error> {
    let sql = format!("{SELECT} WHERE m.workspace_id = :workspace AND m.state <> 'removed' ORDER BY m.id");
    db.rows(&sql, &[(":workspace", &workspace)], membership)
}

pub fn find(db: &Db, workspace: WorkspaceId, id: MemberId) -> Result<Option<Membership>, Error> {
    let sql = format!("{SELECT} WHERE m.workspace_id = :workspace AND m.id = :id AND m.state <> 'removed'");
    db.row(&sql, &[(":workspace", &workspace), (":id", &id)], membership)
}

/// The row of an account in a workspace, whatever its state.
pub fn of_account(db: &Db, workspace: WorkspaceId, account: AccountId) -> Result<Option<(MemberId, State)>, Error> {
    db.row(
        "SELECT id, state FROM memberships WHERE workspace_id = :workspace AND account_id = :account",
        &[(":workspace", &workspace), (":account", &account)],
        |row| Ok((row.get(0)?, State::from_word(&row.get::<_, String>(1)?))),
    )
}

pub fn insert(tx: &Tx, workspace: WorkspaceId, account: AccountId, role: RoleId) -> Result<MemberId, Error> {
    let id = tx.insert(
        "INSERT INTO memberships (workspace_id, account_id, role_id, state, created_at, updated_at)
         VALUES (:workspace, :account, :role, 'active', :now, :now)",
        &[(":workspace", &workspace), (":account", &account), (":role", &role), (":now", &tx.now)],
    )?;
    Ok(MemberId(id))
}

pub fn set_role(tx: &Tx, id: MemberId, role: RoleId) -> Result<(), Error> {
    tx.execute(
        "UPDATE memberships SET role_id = :role, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":role", &role), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn set_state(tx: &Tx, id: MemberId, state: State) -> Result<(), Error> {
    tx.execute(
        "UPDATE memberships SET state = :state, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":state", &state.word()), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn leave_teams(tx: &Tx, id: MemberId) -> Result<(), Error> {
    tx.execute("DELETE FROM team_members WHERE member_id = :id", &[(":id", &id)])?;
    Ok(())
}

/// Those who share a team with this member.
pub fn team_mates(db: &Db, id: MemberId) -> Result<Vec<MemberId>, Error> {
    db.rows(
        "SELECT DISTINCT other.member_id FROM team_members mine
         JOIN team_members other ON other.team_id = mine.team_id AND other.member_id <> mine.member_id
         WHERE mine.member_id = :id",
        &[(":id", &id)],
        |row| row.get(0),
    )
}

/// Owners besides this member who can enter: active here, and with an account that is switched on.
pub fn other_owners(db: &Db, workspace: WorkspaceId, id: MemberId) -> Result<i64, Error> {
    db.count(
        "SELECT count(*) FROM memberships m JOIN roles r ON r.id = m.role_id JOIN accounts a ON a.id = m.account_id
         WHERE m.workspace_id = :workspace AND m.id <> :id AND m.state = 'active' AND a.state = 'active' AND r.key = 'owner'",
        &[(":workspace", &workspace), (":id", &id)],
    )
}

/// Names of the workspaces that would have no owner left without this account.
pub fn sole_ownerships(db: &Db, account: AccountId) -> Result<Vec<String>, Error> {
    db.rows(
        "SELECT w.name FROM memberships m JOIN roles r ON r.id = m.role_id JOIN workspaces w ON w.id = m.workspace_id
         WHERE m.account_id = :account AND m.state = 'active' AND r.key = 'owner' AND w.state IN ('active', 'read_only')
           AND NOT EXISTS (SELECT 1 FROM memberships o JOIN roles q ON q.id = o.role_id JOIN accounts a ON a.id = o.account_id
                           WHERE o.workspace_id = m.workspace_id AND o.id <> m.id AND o.state = 'active'
                             AND a.state = 'active' AND q.key = 'owner')
         ORDER BY w.name",
        &[(":account", &account)],
        |row| row.get(0),
    )
}

/// The next action that asks for a fresh proof asks for it, in every session of the account (AUT-7, SES-2).
pub fn forget_proofs(tx: &Tx, account: AccountId) -> Result<(), Error> {
    tx.execute(
        "UPDATE sessions SET confirmed_at = 0 WHERE account_id = :account AND ended_at IS NULL",
        &[(":account", &account)],
    )?;
    Ok(())
}

fn membership(row: &Row) -> rusqlite::Result<Membership> {
    let (name, email): (String, String) = (row.get("display_name")?, row.get("email")?);
    let teams: Vec<(i64, String)> = serde_json::from_str(&row.get::<_, String>("teams")?).unwrap_or_default();
    Ok(Membership {
        id: row.get("id")?,
        account: row.get("account_id")?,
        name: if name.is_empty() { email.clone() } else { name },
        email,
        role: row.get("role_id")?,
        role_key: row.get("role_key")?,
        role_name: row.get("role_name")?,
        state: State::from_word(&row.get::<_, String>("state")?),
        account_is_active: row.get("account_is_active")?,
        has_second_factor: row.get("has_second_factor")?,
        last_sign_in_at: row.get("last_sign_in_at")?,
        teams: teams.into_iter().map(|(id, name)| (TeamId(id), name)).collect(),
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        version: row.get("version")?,
    })
}
