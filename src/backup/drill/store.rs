//! The table `backup_drills` of `control.db`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::{Drill, Verdict};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::WorkspaceId;

const SELECT: &str = "SELECT * FROM backup_drills";

/// The installation has no row among the workspaces.
fn key(place: WorkspaceId) -> Option<WorkspaceId> {
    Some(place).filter(|place| *place != WorkspaceId::CONTROL)
}

pub(super) fn insert(tx: &Tx, drill: &Drill) -> Result<i64, Error> {
    tx.insert(
        "INSERT INTO backup_drills (workspace_id, started_at, finished_at, restore_ms, backup, line, segment, moment,
             bytes, row_count, files, verdict, words)
         VALUES (:place, :started, :finished, :restore, :backup, :line, :segment, :moment, :bytes, :rows, :files,
             :verdict, :words)",
        &[
            (":place", &key(drill.place)),
            (":started", &drill.started_at),
            (":finished", &drill.finished_at),
            (":restore", &drill.restore_ms),
            (":backup", &drill.backup),
            (":line", &drill.line),
            (":segment", &drill.segment),
            (":moment", &drill.moment),
            (":bytes", &drill.bytes),
            (":rows", &drill.rows),
            (":files", &drill.files),
            (":verdict", &drill.verdict.word()),
            (":words", &drill.words),
        ],
    )
}

/// Of one place, the newest first.
pub(super) fn newest(db: &Db, place: WorkspaceId, limit: i64) -> Result<Vec<Drill>, Error> {
    let sql = format!("{SELECT} WHERE workspace_id IS :place ORDER BY id DESC LIMIT :limit");
    db.rows(&sql, &[(":place", &key(place)), (":limit", &limit)], drill)
}

/// When the last one of a place ended in which nothing was wrong.
pub(super) fn last_good(db: &Db, place: WorkspaceId) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT max(finished_at) FROM backup_drills WHERE workspace_id IS :place AND verdict <> 'failed'";
    Ok(db.value::<Option<Timestamp>>(sql, &[(":place", &key(place))])?.flatten())
}

/// Of all places, after this id.
pub(super) fn after(db: &Db, id: i64, limit: i64) -> Result<Vec<Drill>, Error> {
    let sql = format!("{SELECT} WHERE id > :id ORDER BY id LIMIT :limit");
    db.rows(&sql, &[(":id", &id), (":limit", &limit)], drill)
}

pub(super) fn count(db: &Db) -> Result<i64, Error> {
    db.count("SELECT count(*) FROM backup_drills", &[])
}

fn drill(row: &Row) -> rusqlite::Result<Drill> {
    Ok(Drill {
        id: row.get("id")?,
        place: row.get::<_, Option<WorkspaceId>>("workspace_id")?.unwrap_or(WorkspaceId::CONTROL),
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        restore_ms: row.get("restore_ms")?,
        backup: row.get("backup")?,
        line: row.get("line")?,
        segment: row.get("segment")?,
        moment: row.get("moment")?,
        bytes: row.get("bytes")?,
        rows: row.get("row_count")?,
        files: row.get("files")?,
        // The table allows no other word.
        verdict: Verdict::from_word(&row.get::<_, String>("verdict")?).unwrap_or(Verdict::Failed),
        words: row.get("words")?,
    })
}
