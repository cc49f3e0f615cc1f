//! What one can do with a note, and the rules that hold when one does.

use super::{Note, Written, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, NoteId};
use crate::people::mentions::{self, Audience, Resolved};
use crate::people::notifications::{self, Notice, kinds::MENTIONED};
use crate::people::record::{Access, Record, acting_member};
use crate::people::text::Faults;
use crate::people::timeline::{self, NewEntry, kinds::NOTED};
use crate::people::{companies, contacts};
use crate::privacy::audit::{self, Event};
use crate::privacy::holds;

pub use super::store::{count_since, find, of, visible};

/// Letters a note may have.
const MOST: usize = 20_000;

/// A note on a record within `access.view`; fails with [`Error::NotFound`] for any other.
pub fn get(db: &Db, id: NoteId, access: impl Fn(Record) -> Access) -> Result<Note, Error> {
    let note = store::find(db, id)?.ok_or(Error::NotFound("note"))?;
    access(note.on).demand_view(owner(db, note.on)?, "note")?;
    Ok(note)
}

/// Adds a note. Whoever may change the record may write one; whom it names is told, if they may see the record.
pub fn create(tx: &Tx, on: Record, body: &str, access: &Access, audience: &Audience) -> Result<Written, Error> {
    let owner = owner(tx, on)?;
    access.demand_edit(owner, on.kind())?;
    let resolved = mentions::resolve(&checked(body)?, &audience.directory, "");
    let author = acting_member(tx.origin);
    let id = insert(tx, on, &resolved.body, author)?;
    if let Record::Contact(contact) = on {
        contacts::service::touch(tx, contact)?;
    }
    audit::record(tx, Event::new("people.note.created").on(on.kind(), on.id()).detail("note", id.0))?;
    let blind = set_mentions(tx, id, on, owner, &resolved, audience)?;
    Ok(Written { id, unclear: resolved.unclear, blind })
}

/// Adds a note that came with an imported record: an @ in it is a letter like any other, since its words are
/// of another day and another house. The import writes the audit entry of its batch.
pub fn import(tx: &Tx, on: Record, body: &str, author: Option<MemberId>) -> Result<NoteId, Error> {
    insert(tx, on, &mentions::without_marks(&checked(body)?), author)
}

/// The row and its line in the history.
fn insert(tx: &Tx, on: Record, body: &str, author: Option<MemberId>) -> Result<NoteId, Error> {
    let id = store::insert(tx, on, body, author)?;
    timeline::add(tx, on, &NewEntry::new(&NOTED).about("note", id.0).by(author))?;
    Ok(id)
}

/// Writes down whom a note names and tells those who were not named before. Returns who may not see the record.
fn set_mentions(
    tx: &Tx,
    id: NoteId,
    on: Record,
    owner: Option<MemberId>,
    resolved: &Resolved,
    audience: &Audience,
) -> Result<Vec<MemberId>, Error> {
    let before = mentions::of(tx, id)?;
    mentions::set(tx, id, &resolved.members)?;
    for gone in before.iter().filter(|member| !resolved.members.contains(member)) {
        notifications::take_back(tx, *gone, id)?;
    }
    let (seeing, blind): (Vec<MemberId>, Vec<MemberId>) =
        resolved.members.iter().partition(|member| audience.sees(**member, on, owner));
    for member in seeing.into_iter().filter(|member| !before.contains(member)) {
        notifications::tell(tx, &Notice::new(member, &MENTIONED, on).at_note(id))?;
    }
    Ok(blind)
}

/// Changes a note: only its author may put words into it.
///
/// Fails with [`Error::Stale`] when it has another version by now.
pub fn change(
    tx: &Tx,
    id: NoteId,
    version: i64,
    body: &str,
    access: impl Fn(Record) -> Access,
    audience: &Audience,
) -> Result<Written, Error> {
    let note = get(tx, id, &access)?;
    let owner = owner(tx, note.on)?;
    access(note.on).demand_edit(owner, "note")?;
    if acting_member(tx.origin).is_none() || acting_member(tx.origin) != note.author {
        return Err(Error::Forbidden);
    }
    if note.version != version {
        return Err(Error::Stale(note.version));
    }
    let resolved = mentions::resolve(&checked(body)?, &audience.directory, &note.body);
    if resolved.body == note.body {
        return Ok(Written { id, unclear: resolved.unclear, blind: Vec::new() });
    }
    store::update(tx, id, &resolved.body)?;
    let event = Event::new("people.note.changed").on(note.on.kind(), note.on.id()).detail("note", id.0);
    audit::record(tx, event.personal("before", note.body))?;
    let blind = set_mentions(tx, id, note.on, owner, &resolved, audience)?;
    Ok(Written { id, unclear: resolved.unclear, blind })
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
    demand_free(tx, id)?;
    store::delete(tx, id)?;
    audit::record(tx, Event::new("people.note.deleted").on(note.on.kind(), note.on.id()).detail("note", id.0))?;
    Ok(note)
}

/// Fails, naming the matter, while a legal hold covers the note or the record it is on.
pub fn demand_free(db: &Db, id: NoteId) -> Result<(), Error> {
    if let Some(note) = store::find(db, id)? {
        note.on.demand_free(db)?;
    }
    holds::demand_free(db, "notes", "notes", id.0)
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
