//! The table `erasure_ledger` of `control.db`, and what is on its way to it in a workspace's file.

use rusqlite::Row;

use super::Entry;
use super::outbox::Waiting;
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

/// Puts a row on its way; its number is the file's to choose.
pub fn put(tx: &Tx, new: &Waiting) -> Result<(), Error> {
    let hexes: Vec<String> = new.pseudonyms.iter().map(|hash| data_encoding::HEXLOWER.encode(hash)).collect();
    tx.insert(
        "INSERT INTO ledger_outbox (kind, subject_kind, subject_ids, detail, pseudonyms, at)
         VALUES (:kind, :subject, :ids, :detail, :pseudonyms, :at)",
        &[
            (":kind", &new.kind),
            (":subject", &new.subject_kind),
            (":ids", &serde_json::to_string(&new.subject_ids)?),
            (":detail", &new.detail.to_string()),
            (":pseudonyms", &serde_json::to_string(&hexes)?),
            (":at", &new.at),
        ],
    )?;
    Ok(())
}

/// The rows on their way, the oldest first.
pub fn waiting(db: &Db, limit: i64) -> Result<Vec<Waiting>, Error> {
    db.rows("SELECT * FROM ledger_outbox ORDER BY id LIMIT :limit", &[(":limit", &limit)], |row| {
        let (ids, detail): (String, String) = (row.get("subject_ids")?, row.get("detail")?);
        let hexes: Vec<String> = serde_json::from_str(&row.get::<_, String>("pseudonyms")?).unwrap_or_default();
        let hash = |hex: &String| data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok();
        Ok(Waiting {
            id: row.get("id")?,
            kind: row.get("kind")?,
            subject_kind: row.get("subject_kind")?,
            // Written by us alone.
            subject_ids: serde_json::from_str(&ids).unwrap_or_default(),
            detail: serde_json::from_str(&detail).unwrap_or_default(),
            pseudonyms: hexes.iter().filter_map(hash).collect(),
            at: row.get("at")?,
        })
    })
}

/// The ledger has every row up to this one.
pub fn carried(tx: &Tx, last: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM ledger_outbox WHERE id <= :last", &[(":last", &last)])?;
    Ok(())
}
