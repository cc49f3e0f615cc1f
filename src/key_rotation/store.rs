//! The table `key_rotations`, and what is sealed inside a workspace's file. SQL lives here and nowhere else.

use rusqlite::Row;

use super::{Kind, Rotation};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::WorkspaceId;

pub fn begin(tx: &Tx, kind: Kind, workspace: Option<WorkspaceId>, to_version: u32) -> Result<i64, Error> {
    tx.insert(
        "INSERT INTO key_rotations (kind, workspace_id, to_version, begun_at) VALUES (:kind, :workspace, :to, :now)",
        &[(":kind", &kind.word()), (":workspace", &workspace), (":to", &to_version), (":now", &tx.now)],
    )
}

pub fn end(tx: &Tx, id: i64, is_done: bool) -> Result<(), Error> {
    let outcome = if is_done { "done" } else { "undone" };
    tx.execute(
        "UPDATE key_rotations SET ended_at = :now, outcome = :outcome WHERE id = :id AND ended_at IS NULL",
        &[(":id", &id), (":outcome", &outcome), (":now", &tx.now)],
    )?;
    Ok(())
}

const SELECT: &str = "SELECT id, kind, workspace_id, to_version, begun_at, ended_at, outcome FROM key_rotations";

/// Those that a crash cut off.
pub fn open(db: &Db) -> Result<Vec<Rotation>, Error> {
    db.rows(&format!("{SELECT} WHERE ended_at IS NULL ORDER BY id"), &[], rotation)
}

/// The newest ones, the newest first.
pub fn newest(db: &Db, limit: i64) -> Result<Vec<Rotation>, Error> {
    db.rows(&format!("{SELECT} ORDER BY id DESC LIMIT :limit"), &[(":limit", &limit)], rotation)
}

/// When the key of a workspace, or with `None` the master key, was last exchanged.
pub fn last_done(db: &Db, kind: Kind, workspace: Option<WorkspaceId>) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT max(ended_at) FROM key_rotations
               WHERE kind = :kind AND workspace_id IS :workspace AND outcome = 'done'";
    Ok(db.value::<Option<Timestamp>>(sql, &[(":kind", &kind.word()), (":workspace", &workspace)])?.flatten())
}

fn rotation(row: &Row) -> rusqlite::Result<Rotation> {
    Ok(Rotation {
        id: row.get("id")?,
        kind: row.get("kind")?,
        workspace: row.get("workspace_id")?,
        to_version: row.get("to_version")?,
        begun_at: row.get("begun_at")?,
        ended_at: row.get("ended_at")?,
        outcome: row.get("outcome")?,
    })
}

/// Rows of a workspace's table whose secret is sealed under one version: row and sealed value.
pub fn sealed(db: &Db, table: &str, column: &str, version: u32) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let sql = format!("SELECT id, {column} FROM {table} WHERE key_version = :version AND {column} IS NOT NULL");
    db.rows(&sql, &[(":version", &version)], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub fn set_sealed(tx: &Tx, table: &str, column: &str, row: i64, sealed: &[u8], version: u32) -> Result<(), Error> {
    let sql = format!("UPDATE {table} SET {column} = :sealed, key_version = :version WHERE id = :row");
    tx.execute(&sql, &[(":sealed", &sealed), (":version", &version), (":row", &row)])?;
    Ok(())
}
