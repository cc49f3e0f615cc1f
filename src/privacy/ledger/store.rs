//! The table `erasure_ledger` of `control.db`.

use rusqlite::Row;

use super::Entry;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::WorkspaceId;

pub fn head(db: &Db, workspace: WorkspaceId) -> Result<(i64, [u8; 32]), Error> {
    let found = db.row(
        "SELECT position, hash FROM erasure_ledger WHERE workspace_id = :workspace ORDER BY position DESC LIMIT 1",
        &[(":workspace", &workspace)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(found.unwrap_or((0, [0; 32])))
}

pub fn insert(tx: &Tx, entry: &Entry) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO erasure_ledger (workspace_id, position, at, kind, phase, subject_kind, subject_ids, detail, pseudonyms, previous, hash)
         VALUES (:workspace, :position, :at, :kind, :phase, :subject, :ids, :detail, :pseudonyms, :previous, :hash)",
        &[
            (":workspace", &entry.workspace),
            (":position", &entry.position),
            (":at", &entry.at),
            (":kind", &entry.kind),
            (":phase", &entry.phase),
            (":subject", &entry.subject_kind),
            (":ids", &entry.subject_ids),
            (":detail", &entry.detail),
            (":pseudonyms", &entry.pseudonyms),
            (":previous", &entry.previous.as_slice()),
            (":hash", &entry.hash.as_slice()),
        ],
    )?;
    Ok(())
}

pub fn entries(db: &Db, workspace: WorkspaceId, after: i64) -> Result<Vec<Entry>, Error> {
    db.rows(
        "SELECT workspace_id, position, at, kind, phase, subject_kind, subject_ids, detail, pseudonyms, previous, hash
         FROM erasure_ledger WHERE workspace_id = :workspace AND position > :after ORDER BY position",
        &[(":workspace", &workspace), (":after", &after)],
        entry,
    )
}

fn entry(row: &Row) -> rusqlite::Result<Entry> {
    Ok(Entry {
        workspace: row.get(0)?,
        position: row.get(1)?,
        at: row.get(2)?,
        kind: row.get(3)?,
        phase: row.get(4)?,
        subject_kind: row.get(5)?,
        subject_ids: row.get(6)?,
        detail: row.get(7)?,
        pseudonyms: row.get(8)?,
        previous: row.get(9)?,
        hash: row.get(10)?,
    })
}
