//! The `workspaces` table, and the notes about workspaces being made. SQL lives here and nowhere else.

use rusqlite::Row;

use super::Workspace;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::WorkspaceId;

const SELECT: &str = "SELECT id, slug, name, state, created_at, version FROM workspaces";
/// Keys of `installation` that begin so name a workspace whose making has begun and not ended.
const HALF_MADE: &str = "workspace.being_made.";

pub fn list(db: &Db) -> Result<Vec<Workspace>, Error> {
    db.rows(&format!("{SELECT} ORDER BY name, slug"), &[], workspace)
}

pub fn find(db: &Db, id: WorkspaceId) -> Result<Option<Workspace>, Error> {
    db.row(&format!("{SELECT} WHERE id = :id"), &[(":id", &id)], workspace)
}

pub fn by_slug(db: &Db, slug: &str) -> Result<Option<Workspace>, Error> {
    db.row(&format!("{SELECT} WHERE slug = :slug"), &[(":slug", &slug)], workspace)
}

pub fn insert(tx: &Tx, id: WorkspaceId, slug: &str, name: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO workspaces (id, slug, name, created_at, updated_at) VALUES (:id, :slug, :name, :now, :now)",
        &[(":id", &id), (":slug", &slug), (":name", &name), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn rename(tx: &Tx, id: WorkspaceId, name: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE workspaces SET name = :name, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":name", &name), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

/// Notes that the workspace is being made: should the process die, the next start knows what to clear away.
pub fn note_begun(tx: &Tx, id: WorkspaceId) -> Result<(), Error> {
    let key = format!("{HALF_MADE}{id}");
    tx.execute("INSERT INTO installation (key, value) VALUES (:key, '')", &[(":key", &key)])?;
    Ok(())
}

pub fn note_ended(tx: &Tx, id: WorkspaceId) -> Result<(), Error> {
    let key = format!("{HALF_MADE}{id}");
    tx.execute("DELETE FROM installation WHERE key = :key", &[(":key", &key)])?;
    Ok(())
}

/// Every workspace whose making did not come to its end.
pub fn half_made(db: &Db) -> Result<Vec<WorkspaceId>, Error> {
    let keys = db.rows(
        "SELECT key FROM installation WHERE substr(key, 1, length(:prefix)) = :prefix",
        &[(":prefix", &HALF_MADE)],
        |row| row.get::<_, String>(0),
    )?;
    Ok(keys.iter().filter_map(|key| key.strip_prefix(HALF_MADE)?.parse().ok()).collect())
}

fn workspace(row: &Row) -> rusqlite::Result<Workspace> {
    Ok(Workspace {
        id: row.get("id")?,
        slug: row.get("slug")?,
        name: row.get("name")?,
        state: row.get("state")?,
        created_at: row.get("created_at")?,
        version: row.get("version")?,
    })
}
