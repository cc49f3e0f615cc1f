//! The table `timeline_entries`.

use rusqlite::Row;

use super::{Entry, Kind};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::MemberId;
use crate::people::record::Record;

pub(super) fn insert(
    tx: &Tx,
    record: Record,
    kind: Kind,
    fields: &str,
    version: i64,
    member: Option<MemberId>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO timeline_entries (on_type, on_id, at, kind, fields, version, member_id)
         VALUES (:type, :id, :now, :kind, :fields, :version, :member)",
        &[
            (":type", &record.kind()),
            (":id", &record.id()),
            (":now", &tx.now),
            (":kind", &kind.word()),
            (":fields", &fields),
            (":version", &version),
            (":member", &member),
        ],
    )?;
    Ok(())
}

/// The latest `limit` lines of a record, newest first.
pub fn of(db: &Db, record: Record, limit: i64) -> Result<Vec<Entry>, Error> {
    db.rows(
        "SELECT at, kind, fields, version, member_id FROM timeline_entries
         WHERE on_type = :type AND on_id = :id ORDER BY id DESC LIMIT :limit",
        &[(":type", &record.kind()), (":id", &record.id()), (":limit", &limit)],
        entry,
    )
}

/// What happened to a record after it had `version`, oldest first: what somebody with an older copy missed.
pub fn since_version(db: &Db, record: Record, version: i64) -> Result<Vec<Entry>, Error> {
    db.rows(
        "SELECT at, kind, fields, version, member_id FROM timeline_entries
         WHERE on_type = :type AND on_id = :id AND version > :version ORDER BY id",
        &[(":type", &record.kind()), (":id", &record.id()), (":version", &version)],
        entry,
    )
}

fn entry(row: &Row) -> rusqlite::Result<Entry> {
    let (kind, fields): (String, String) = (row.get(1)?, row.get(2)?);
    Ok(Entry {
        at: row.get(0)?,
        kind: Kind::from_word(&kind).unwrap_or(Kind::Changed),
        fields: fields.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect(),
        version: row.get(3)?,
        member: row.get(4)?,
    })
}
