//! The table `workspace_restores` of `control.db`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::{Into, NewRestore, Restore, State};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, WorkspaceId};

const SELECT: &str = "SELECT * FROM workspace_restores";

pub fn insert(tx: &Tx, workspace: WorkspaceId, by: MemberId, new: &NewRestore) -> Result<i64, Error> {
    tx.insert(
        "INSERT INTO workspace_restores (workspace_id, into_kind, until, from_restore, new_name, new_slug, asked_by, asked_at)
         VALUES (:workspace, :into, :until, :from, :name, :slug, :by, :now)",
        &[
            (":workspace", &workspace),
            (":into", &new.into.word()),
            (":until", &new.until),
            (":from", &new.from_restore),
            (":name", &new.name),
            (":slug", &new.slug),
            (":by", &by),
            (":now", &tx.now),
        ],
    )
}

/// The newest first, from below the id `before` on.
pub fn list(db: &Db, workspace: WorkspaceId, before: Option<i64>, limit: i64) -> Result<Vec<Restore>, Error> {
    let sql = format!(
        "{SELECT} WHERE workspace_id = :workspace AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
    );
    db.rows(&sql, &[(":workspace", &workspace), (":before", &before), (":limit", &limit)], restore)
}

pub fn find(db: &Db, id: i64) -> Result<Option<Restore>, Error> {
    db.row(&format!("{SELECT} WHERE id = :id"), &[(":id", &id)], restore)
}

/// Those that have not come to an end, the oldest first.
pub fn open(db: &Db) -> Result<Vec<Restore>, Error> {
    db.rows(&format!("{SELECT} WHERE state IN ('asked', 'working', 'switching') ORDER BY id"), &[], restore)
}

pub fn has_open(db: &Db, workspace: WorkspaceId) -> Result<bool, Error> {
    let sql = "SELECT count(*) FROM workspace_restores
               WHERE workspace_id = :workspace AND state IN ('asked', 'working', 'switching')";
    Ok(db.count(sql, &[(":workspace", &workspace)])? > 0)
}

/// Those whose put-aside state is still there.
pub fn with_quarantine(db: &Db) -> Result<Vec<Restore>, Error> {
    let sql = format!("{SELECT} WHERE quarantine_until IS NOT NULL AND quarantine_gone_at IS NULL ORDER BY id");
    db.rows(&sql, &[], restore)
}

pub fn set_state(tx: &Tx, id: i64, state: State) -> Result<(), Error> {
    let sql = "UPDATE workspace_restores SET state = :state WHERE id = :id";
    tx.execute(sql, &[(":id", &id), (":state", &state.word())]).map(drop)
}

pub fn set_progress(tx: &Tx, id: i64, words: &str) -> Result<(), Error> {
    let sql = "UPDATE workspace_restores SET progress = :words WHERE id = :id";
    tx.execute(sql, &[(":id", &id), (":words", &words)]).map(drop)
}

pub fn ask_to_cancel(tx: &Tx, id: i64) -> Result<(), Error> {
    tx.execute("UPDATE workspace_restores SET cancel_asked = 1 WHERE id = :id", &[(":id", &id)]).map(drop)
}

/// The rename comes next, and the state before lies aside.
pub fn set_switching(tx: &Tx, id: i64, report: &str, key_version: u32, until: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE workspace_restores SET state = 'switching', report = :report, quarantine_key = :key,
             quarantine_until = :until WHERE id = :id",
        &[(":id", &id), (":report", &report), (":key", &key_version), (":until", &until)],
    )
    .map(drop)
}

/// How it ended. `report` and `into` stay what they were when there is none.
pub fn end(
    tx: &Tx,
    id: i64,
    state: State,
    error: &str,
    report: Option<&str>,
    into: Option<WorkspaceId>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE workspace_restores SET state = :state, error = :error, progress = '', finished_at = :now,
             report = ifnull(:report, report), into_id = ifnull(:into, into_id) WHERE id = :id",
        &[
            (":id", &id),
            (":state", &state.word()),
            (":error", &error),
            (":report", &report),
            (":into", &into),
            (":now", &tx.now),
        ],
    )
    .map(drop)
}

/// The rename never came: nothing lies aside.
pub fn forget_quarantine(tx: &Tx, id: i64) -> Result<(), Error> {
    let sql = "UPDATE workspace_restores SET quarantine_until = NULL, quarantine_key = NULL WHERE id = :id";
    tx.execute(sql, &[(":id", &id)]).map(drop)
}

pub fn set_quarantine_gone(tx: &Tx, id: i64) -> Result<(), Error> {
    let sql = "UPDATE workspace_restores SET quarantine_gone_at = :now WHERE id = :id";
    tx.execute(sql, &[(":id", &id), (":now", &tx.now)]).map(drop)
}

fn restore(row: &Row) -> rusqlite::Result<Restore> {
    let (into, state): (String, String) = (row.get("into_kind")?, row.get("state")?);
    let report: String = row.get("report")?;
    Ok(Restore {
        id: row.get("id")?,
        workspace: row.get("workspace_id")?,
        // The table takes no other words.
        into: Into::from_word(&into).unwrap_or(Into::New),
        until: row.get("until")?,
        from_restore: row.get("from_restore")?,
        new_name: row.get("new_name")?,
        new_slug: row.get("new_slug")?,
        into_id: row.get("into_id")?,
        asked_by: row.get("asked_by")?,
        asked_at: row.get("asked_at")?,
        state: State::from_word(&state).unwrap_or(State::Failed),
        cancel_asked: row.get("cancel_asked")?,
        progress: row.get("progress")?,
        error: row.get("error")?,
        report: serde_json::from_str(&report).ok(),
        finished_at: row.get("finished_at")?,
        quarantine_key: row.get("quarantine_key")?,
        quarantine_until: row.get("quarantine_until")?,
        quarantine_gone_at: row.get("quarantine_gone_at")?,
    })
}
