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

/// True for a note `n` on a record whose owner is in reach; NULL reaches everybody.
const IN_SIGHT: &str = "CASE n.on_type
    WHEN 'contact' THEN :contacts IS NULL OR EXISTS (SELECT 1 FROM contacts c WHERE c.id = n.on_id
        AND c.owner_id IN (SELECT value FROM json_each(:contacts)))
    ELSE :companies IS NULL OR EXISTS (SELECT 1 FROM companies o WHERE o.id = n.on_id
        AND o.owner_id IN (SELECT value FROM json_each(:companies))) END";

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

/// Every note on a record in sight, newest first; those before `before` when it is given.
pub fn visible(
    db: &Db,
    contacts: &Reach,
    companies: &Reach,
    before: Option<NoteId>,
    limit: i64,
) -> Result<Vec<Note>, Error> {
    db.rows(
        &format!("{SELECT} n WHERE id < :before AND {IN_SIGHT} ORDER BY id DESC LIMIT :limit"),
        &[
            (":before", &before.map_or(i64::MAX, |NoteId(id)| id)),
            (":contacts", &contacts.owners_json()),
            (":companies", &companies.owners_json()),
            (":limit", &limit),
        ],
        note,
    )
}

/// How many notes on records in sight were written since a moment.
pub fn count_since(db: &Db, contacts: &Reach, companies: &Reach, since: Timestamp) -> Result<i64, Error> {
    db.count(
        &format!("SELECT count(*) FROM notes n WHERE created_at >= :since AND {IN_SIGHT}"),
        &[(":since", &since), (":contacts", &contacts.owners_json()), (":companies", &companies.owners_json())],
    )
}

pub fn insert(tx: &Tx, on: Record, body: &str, author: Option<MemberId>) -> Result<NoteId, Error> {
    tx.insert(
        "INSERT INTO notes (on_type, on_id, body, created_by, created_at, updated_at)
         VALUES (:type, :id, :body, :by, :now, :now)",
        &[(":type", &on.kind()), (":id", &on.id()), (":body", &body), (":by", &author), (":now", &tx.now)],
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
