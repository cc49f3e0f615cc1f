//! The table `notes`.

use rusqlite::Row;

use super::Note;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{CompanyId, ContactId, MemberId, NoteId};
use crate::people::record::Record;
use crate::visitor::Reach;

const SELECT: &str = "SELECT id, version, on_type, on_id, body, created_by, created_at, updated_at FROM notes";

pub fn find(db: &Db, id: NoteId) -> Result<Option<Note>, Error> {
    db.row(&format!("{SELECT} WHERE id = :id"), &[(":id", &id)], note)
}

/// The latest `limit` notes on a record, newest first; those before `before` when it is given.
pub fn of(db: &Db, on: Record, before: Option<NoteId>, limit: i64) -> Result<Vec<Note>, Error> {
    db.rows(
        &format!("{SELECT} WHERE on_type = :type AND on_id = :id AND id < :before ORDER BY id DESC LIMIT :limit"),
        &[
            (":type", &on.kind()),
            (":id", &on.id()),
            (":before", &before.map_or(i64::MAX, |NoteId(id)| id)),
            (":limit", &limit),
        ],
        note,
    )
}

/// The newest notes with the words of `expression`, on records whose owners are in sight.
pub fn visible_among(db: &Db, expression: &str, contacts: &Reach, companies: &Reach, limit: i64) -> Result<Vec<Found>, Error> {
    db.rows(
        "SELECT n.on_type, n.on_id, ifnull(c.display_name, o.name),
                snippet(note_search, 0, '', '', '…', 12)
         FROM note_search CROSS JOIN notes n ON n.id = note_search.rowid
         LEFT JOIN contacts c ON n.on_type = 'contact' AND c.id = n.on_id
         LEFT JOIN companies o ON n.on_type = 'company' AND o.id = n.on_id
         WHERE note_search MATCH :matching
           AND CASE n.on_type
               WHEN 'contact' THEN :contacts IS NULL OR c.owner_id IN (SELECT value FROM json_each(:contacts))
               ELSE :companies IS NULL OR o.owner_id IN (SELECT value FROM json_each(:companies)) END
         ORDER BY note_search.rowid DESC LIMIT :limit",
        &[
            (":matching", &expression),
            (":contacts", &contacts.owners_json()),
            (":companies", &companies.owners_json()),
            (":limit", &limit),
        ],
        |row| {
            let kind: String = row.get(0)?;
            Ok(Found { on: record(&kind, row.get(1)?), name: row.get(2)?, words: row.get(3)? })
        },
    )
}

/// A note that search found.
pub struct Found {
    pub on: Record,
    /// Of the record it is on.
    pub name: String,
    /// The words around the first hit.
    pub words: String,
}

/// How many notes were written since a moment.
pub fn count_since(db: &Db, since: Timestamp) -> Result<i64, Error> {
    db.count("SELECT count(*) FROM notes WHERE created_at >= :since", &[(":since", &since)])
}

pub fn insert(tx: &Tx, on: Record, body: &str, author: Option<MemberId>) -> Result<NoteId, Error> {
    tx.insert(
        "INSERT INTO notes (on_type, on_id, body, created_by, created_at, updated_at)
         VALUES (:type, :id, :body, :by, :now, :now)",
        &[
            (":type", &on.kind()),
            (":id", &on.id()),
            (":body", &body),
            (":by", &author),
            (":now", &tx.now),
        ],
    )
    .map(NoteId)
}

pub fn update(tx: &Tx, id: NoteId, body: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE notes SET body = :body, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":body", &body), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn delete(tx: &Tx, id: NoteId) -> Result<(), Error> {
    tx.execute("DELETE FROM notes WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

/// The column says `contact` or `company`, and nothing else: the table checks it.
fn record(kind: &str, id: i64) -> Record {
    if kind == "company" { Record::Company(CompanyId(id)) } else { Record::Contact(ContactId(id)) }
}

fn note(row: &Row) -> rusqlite::Result<Note> {
    let kind: String = row.get("on_type")?;
    Ok(Note {
        id: row.get("id")?,
        version: row.get("version")?,
        on: record(&kind, row.get("on_id")?),
        body: row.get("body")?,
        author: row.get("created_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
