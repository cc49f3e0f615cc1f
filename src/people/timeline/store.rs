//! The table `timeline_entries`.

use rusqlite::Row;

use super::kinds::NOTED;
use super::{Entry, NewEntry, Place};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::MemberId;
use crate::module::Target;
use crate::people::record::Record;

const SELECT: &str = "SELECT id, at, kind, fields, version, about_type, about_id, member_id FROM timeline_entries
     WHERE on_type = :type AND on_id = :id";

pub(super) fn insert(tx: &Tx, on: Target, entry: &NewEntry, member: Option<MemberId>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO timeline_entries (on_type, on_id, at, kind, fields, version, about_type, about_id, member_id)
         VALUES (:type, :id, :now, :kind, :fields, :version, :about_type, :about, :member)",
        &[
            (":type", &on.kind),
            (":id", &on.id),
            (":now", &tx.now),
            (":kind", &entry.kind.word),
            (":fields", &entry.fields.join(",")),
            (":version", &entry.version),
            (":about_type", &entry.about.map(|about| about.kind)),
            (":about", &entry.about.map(|about| about.id)),
            (":member", &member),
        ],
    )?;
    Ok(())
}

pub(super) fn insert_of_notes(tx: &Tx, on: Target) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO timeline_entries (on_type, on_id, at, kind, version, about_type, about_id, member_id)
         SELECT on_type, on_id, created_at, :kind, 0, 'note', id, created_by FROM notes
         WHERE on_type = :type AND on_id = :id AND NOT EXISTS
             (SELECT 1 FROM timeline_entries WHERE about_type = 'note' AND about_id = notes.id)",
        &[(":type", &on.kind), (":id", &on.id), (":kind", &NOTED.word)],
    )?;
    Ok(())
}

/// The newest `limit` lines of these kinds (a JSON array of words), those older than `before` when it is given.
pub(super) fn page(db: &Db, on: Target, kinds: &str, before: Option<Place>, limit: i64) -> Result<Vec<Entry>, Error> {
    let before = before.unwrap_or(Place { at: crate::clock::Timestamp(i64::MAX), id: i64::MAX });
    db.rows(
        &format!(
            "{SELECT} AND (at, id) < (:at, :before) AND kind IN (SELECT value FROM json_each(:kinds))
             ORDER BY at DESC, id DESC LIMIT :limit"
        ),
        &[
            (":type", &on.kind),
            (":id", &on.id),
            (":at", &before.at),
            (":before", &before.id),
            (":kinds", &kinds),
            (":limit", &limit),
        ],
        entry,
    )
}

/// How many lines of each kind a record has.
pub(super) fn counts(db: &Db, on: Target) -> Result<Vec<(String, i64)>, Error> {
    db.rows(
        "SELECT kind, count(*) FROM timeline_entries WHERE on_type = :type AND on_id = :id GROUP BY kind",
        &[(":type", &on.kind), (":id", &on.id)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What happened to a record after it had `version`, oldest first: what somebody with an older copy missed.
pub fn since_version(db: &Db, record: Record, version: i64) -> Result<Vec<Entry>, Error> {
    db.rows(
        &format!("{SELECT} AND version > :version ORDER BY id"),
        &[(":type", &record.kind()), (":id", &record.id()), (":version", &version)],
        entry,
    )
}

fn entry(row: &Row) -> rusqlite::Result<Entry> {
    let fields: String = row.get("fields")?;
    let about: Option<String> = row.get("about_type")?;
    Ok(Entry {
        id: row.get("id")?,
        at: row.get("at")?,
        kind: row.get("kind")?,
        fields: fields.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect(),
        version: row.get("version")?,
        about: about.zip(row.get("about_id")?),
        member: row.get("member_id")?,
    })
}
