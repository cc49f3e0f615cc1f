//! The `roles` table. SQL lives here and nowhere else.

use rusqlite::Row as SqlRow;

use super::Role;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, RoleId, WorkspaceId};
use crate::permission::Permissions;

const SELECT: &str =
    "SELECT r.id, r.key, r.name, r.is_builtin, r.permissions, r.requires_second_factor, r.updated_at, r.version,
    (SELECT count(*) FROM memberships m WHERE m.role_id = r.id AND m.state <> 'removed') AS members
    FROM roles r";

pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<Role>, Error> {
    db.rows(&format!("{SELECT} WHERE r.workspace_id = :workspace ORDER BY r.id"), &[(":workspace", &workspace)], role)
}

pub fn find(db: &Db, workspace: WorkspaceId, id: RoleId) -> Result<Option<Role>, Error> {
    let sql = format!("{SELECT} WHERE r.workspace_id = :workspace AND r.id = :id");
    db.row(&sql, &[(":workspace", &workspace), (":id", &id)], role)
}

pub fn by_key(db: &Db, workspace: WorkspaceId, key: &str) -> Result<Option<Role>, Error> {
    let sql = format!("{SELECT} WHERE r.workspace_id = :workspace AND r.key = :key");
    db.row(&sql, &[(":workspace", &workspace), (":key", &key)], role)
}

/// True when another role of the workspace has this name, in whatever case.
pub fn name_taken(db: &Db, workspace: WorkspaceId, name: &str, except: Option<RoleId>) -> Result<bool, Error> {
    let names =
        db.rows("SELECT id, name FROM roles WHERE workspace_id = :workspace", &[(":workspace", &workspace)], |row| {
            Ok((row.get::<_, RoleId>(0)?, row.get::<_, String>(1)?))
        })?;
    // SQLite folds the case of ASCII only.
    Ok(names.iter().any(|(id, other)| Some(*id) != except && other.to_lowercase() == name.to_lowercase()))
}

pub fn insert(
    tx: &Tx,
    workspace: WorkspaceId,
    key: &str,
    name: &str,
    builtin: bool,
    role: &Permissions,
    second_factor: bool,
) -> Result<RoleId, Error> {
    let id = tx.insert(
        "INSERT INTO roles (workspace_id, key, name, is_builtin, permissions, requires_second_factor, created_at, updated_at)
         VALUES (:workspace, :key, :name, :builtin, :permissions, :second_factor, :now, :now)",
        &[
            (":workspace", &workspace),
            (":key", &key),
            (":name", &name),
            (":builtin", &builtin),
            (":permissions", &role.to_json()),
            (":second_factor", &second_factor),
            (":now", &tx.now),
        ],
    )?;
    Ok(RoleId(id))
}

pub fn update(tx: &Tx, id: RoleId, name: &str, permissions: &Permissions, second_factor: bool) -> Result<(), Error> {
    tx.execute(
        "UPDATE roles SET name = :name, permissions = :permissions, requires_second_factor = :second_factor,
             updated_at = :now, version = version + 1 WHERE id = :id",
        &[
            (":name", &name),
            (":permissions", &permissions.to_json()),
            (":second_factor", &second_factor),
            (":now", &tx.now),
            (":id", &id),
        ],
    )?;
    Ok(())
}

/// Who has the role or is invited to it, whatever became of them: rows that hold on to it.
pub fn in_use(db: &Db, id: RoleId) -> Result<(i64, i64), Error> {
    let members =
        db.count("SELECT count(*) FROM memberships WHERE role_id = :id AND state <> 'removed'", &[(":id", &id)])?;
    let invitations = db.count(
        "SELECT count(*) FROM invitations WHERE role_id = :id AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > :now",
        &[(":id", &id), (":now", &db.now)],
    )?;
    Ok((members, invitations))
}

/// Those who share a team with somebody who has the role.
pub fn team_mates(db: &Db, id: RoleId) -> Result<Vec<MemberId>, Error> {
    db.rows(
        "SELECT DISTINCT other.member_id FROM memberships m JOIN team_members mine ON mine.member_id = m.id
         JOIN team_members other ON other.team_id = mine.team_id AND other.member_id <> mine.member_id
         WHERE m.role_id = :id",
        &[(":id", &id)],
        |row| row.get(0),
    )
}

/// Moves what the past still points with (removed members, dead invitations) to another role, then deletes.
pub fn delete(tx: &Tx, id: RoleId, instead: RoleId) -> Result<(), Error> {
    tx.execute(
        "UPDATE memberships SET role_id = :instead WHERE role_id = :id",
        &[(":instead", &instead), (":id", &id)],
    )?;
    tx.execute("DELETE FROM invitations WHERE role_id = :id", &[(":id", &id)])?;
    tx.execute("DELETE FROM roles WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

fn role(row: &SqlRow) -> rusqlite::Result<Role> {
    Ok(Role {
        id: row.get("id")?,
        key: row.get("key")?,
        name: row.get("name")?,
        is_builtin: row.get("is_builtin")?,
        permissions: Permissions::from_json(&row.get::<_, String>("permissions")?),
        requires_second_factor: row.get("requires_second_factor")?,
        members: row.get("members")?,
        updated_at: row.get("updated_at")?,
        version: row.get("version")?,
    })
}
