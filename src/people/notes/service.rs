//! What one can do with a note, and the rules that hold when one does.

use super::{Note, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, NoteId};
use crate::people::record::{Access, Record, acting_member};
use crate::people::text::Faults;
use crate::people::{companies, contacts};
use crate::privacy::audit::{self, Event};

pub use super::store::{Found, count_since, of, visible, visible_among};

/// Letters a note may have.
const MOST: usize = 20_000;

/// A note on a record within `access.view`; fails with [`Error::NotFound`] for any other.
pub fn get(db: &Db, id: NoteId, access: impl Fn(Record) -> Access) -> Result<Note, Error> {
    let note = store::find(db, id)?.ok_or(Error::NotFound("note"))?;
    access(note.on).demand_view(owner(db, note.on)?, "note")?;
    Ok(note)
}

/// Adds a note. Whoever may change the record may write one.
pub fn create(tx: &Tx, on: Record, body: &str, access: &Access) -> Result<NoteId, Error> {
    access.demand_edit(owner(tx, on)?, on.kind())?;
    let body = checked(body)?;
    let id = store::insert(tx, on, &body, acting_member(tx.origin))?;
    if let Record::Contact(contact) = on {
        contacts::service::touch(tx, contact)?;
    }
    audit::record(tx, Event::new("people.note.created").on(on.kind(), on.id()).detail("note", id.0))?;
    Ok(id)
}

/// Adds a note that came with an imported record. The import writes the audit entry of its batch.
pub fn import(tx: &Tx, on: Record, body: &str, author: Option<MemberId>) -> Result<NoteId, Error> {
    store::insert(tx, on, &checked(body)?, author)
}

/// Changes a note: only its author may put words into it.
///
/// Fails with [`Error::Stale`] when it has another version by now.
pub fn change(tx: &Tx, id: NoteId, version: i64, body: &str, access: impl Fn(Record) -> Access) -> Result<(), Error> {
    let note = get(tx, id, &access)?;
    access(note.on).demand_edit(owner(tx, note.on)?, "note")?;
    if acting_member(tx.origin).is_none() || acting_member(tx.origin) != note.author {
        return Err(Error::Forbidden);
    }
    if note.version != version {
        return Err(Error::Stale(note.version));
    }
    let body = checked(body)?;
    if body == note.body {
        return Ok(());
    }
    store::update(tx, id, &body)?;
    let event = Event::new("people.note.changed").on(note.on.kind(), note.on.id()).detail("note", id.0);
    audit::record(tx, event.personal("before", note.body))
}

/// Takes a note away. Its author may, and whoever may delete the record.
pub fn delete(tx: &Tx, id: NoteId, version: Option<i64>, access: impl Fn(Record) -> Access) -> Result<Note, Error> {
    let note = get(tx, id, &access)?;
    let is_author = acting_member(tx.origin).is_some() && acting_member(tx.origin) == note.author;
    if !is_author {
        access(note.on).demand_delete(owner(tx, note.on)?, "note")?;
    }
    if version.is_some_and(|version| version != note.version) {
        return Err(Error::Stale(note.version));
    }
    store::delete(tx, id)?;
    audit::record(tx, Event::new("people.note.deleted").on(note.on.kind(), note.on.id()).detail("note", id.0))?;
    Ok(note)
}

/// The owner of the record a note is on; fails when it is gone.
pub fn owner(db: &Db, on: Record) -> Result<Option<MemberId>, Error> {
    let owner = match on {
        Record::Contact(id) => contacts::service::owner(db, id)?,
        Record::Company(id) => companies::service::owner(db, id)?,
    };
    owner.ok_or(Error::NotFound(on.kind()))
}

fn checked(body: &str) -> Result<String, Error> {
    let mut faults = Faults::default();
    let body = faults.paragraphs("body", "The note", body, MOST);
    if body.is_empty() {
        faults.add("body", "required", "Write the note first.");
    }
    faults.none_or(body).map_err(Error::Invalid)
}
