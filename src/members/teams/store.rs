//! The tables `teams` and `team_members`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::Team;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, TeamId, WorkspaceId};

const SELECT: &str = "SELECT t.id, t.name, t.created_at,
    (SELECT json_group_array(x.member_id ORDER BY x.member_id) FROM team_members x WHERE x.team_id = t.id) AS members
    FROM teams t";

pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<Team>, Error> {
    db.rows(&format!("{SELECT} WHERE t.workspace_id = :workspace ORDER BY t.id"), &[(":workspace", &workspace)], team)
}

pub fn find(db: &Db, workspace: WorkspaceId, id: TeamId) -> Result<Option<Team>, Error> {
    let sql = format!("{SELECT} WHERE t.workspace_id = :workspace AND t.id = :id");
    db.row(&sql, &[(":workspace", &workspace), (":id", &id)], team)
}

pub fn insert(tx: &Tx, workspace: WorkspaceId, name: &str) -> Result<TeamId, Error> {
    let sql = "INSERT INTO teams (workspace_id, name, created_at) VALUES (:workspace, :name, :now)";
    Ok(TeamId(tx.insert(sql, &[(":workspace", &workspace), (":name", &name), (":now", &tx.now)])?))
}

pub fn rename(tx: &Tx, id: TeamId, name: &str) -> Result<(), Error> {
    tx.execute("UPDATE teams SET name = :name WHERE id = :id", &[(":name", &name), (":id", &id)])?;
    Ok(())
}

pub fn delete(tx: &Tx, id: TeamId) -> Result<(), Error> {
    tx.execute("DELETE FROM teams WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

pub fn add_member(tx: &Tx, id: TeamId, member: MemberId) -> Result<(), Error> {
    let sql = "INSERT INTO team_members (team_id, member_id) VALUES (:id, :member)";
    tx.execute(sql, &[(":id", &id), (":member", &member)])?;
    Ok(())
}

pub fn remove_member(tx: &Tx, id: TeamId, member: MemberId) -> Result<(), Error> {
    let sql = "DELETE FROM team_members WHERE team_id = :id AND member_id = :member";
    tx.execute(sql, &[(":id", &id), (":member", &member)])?;
    Ok(())
}

fn team(row: &Row) -> rusqlite::Result<Team> {
    let members: Vec<MemberId> = serde_json::from_str(&row.get::<_, String>("members")?).unwrap_or_default();
    Ok(Team { id: row.get("id")?, name: row.get("name")?, created_at: row.get("created_at")?, members })
}
