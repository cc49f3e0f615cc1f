//! Begins changes that can be taken back, and takes them back.

use super::store::{self, Kept};
use super::{KEPT, Kind, Made, State, Told};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ChangeId, CompanyId, ConsentEventId, ContactId, MemberId, NoteId};
use crate::people::images::{self, Extent, Image};
use crate::people::record::{Object, Record};
use crate::people::timeline::{self, NewEntry};
use crate::people::{bulk, companies, contacts, imports, notes, person, trash};
use crate::privacy::audit::{self, Event};
use crate::privacy::consent::arriving;
use crate::privacy::holds;

pub use super::store::list;

/// Stands for the image of a record that the trash has whole.
const IN_THE_TRASH: &str = "";
/// Stands for the image of a record that the change made and then touched: before it, there was none.
const MADE_HERE: &str = "made";

/// A change under way: what it touches and makes is handed in here, in the transaction that does it.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub id: ChangeId,
}

/// Begins a change. `what` is a word of the kind's own and never a value; `member` is who asked for it, when a
/// job does the work. The caller writes the audit entry.
pub fn begin(tx: &Tx, kind: Kind, what: &str, object: Object, member: Option<MemberId>) -> Result<Change, Error> {
    Ok(Change { id: store::insert(tx, kind, what, object, member)? })
}

impl Change {
    /// Touches a record: keeps how it was, lets `touch` change it, and keeps which version that made.
    pub fn touch<T>(&self, tx: &Tx, record: Record, touch: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let before = images::take(tx, record, Extent::Own)?;
        let version = version_of(tx, record)?;
        let done = touch()?;
        if let Some(before) = before.filter(|_| version != version_of(tx, record).ok().flatten()) {
            self.keep(tx, record, &before)?;
        }
        Ok(done)
    }

    /// Keeps the image of a record that the change has touched or taken away just now.
    pub fn keep(&self, tx: &Tx, record: Record, before: &Image) -> Result<(), Error> {
        let version_after = version_of(tx, record)?.unwrap_or(0);
        let is_made_here = store::leave_out(tx, self.id, made_of(record), record.id())?;
        let image = if is_made_here { MADE_HERE.to_owned() } else { before.to_json()? };
        store::keep_image(tx, self.id, record, &image, version_after)
    }

    /// Keeps that the change deleted a record, which lies in the trash now: its image is there.
    pub fn deleted(&self, tx: &Tx, record: Record) -> Result<(), Error> {
        store::keep_image(tx, self.id, record, IN_THE_TRASH, 0)
    }

    /// Keeps that the change made a row.
    pub fn made(&self, tx: &Tx, made: Made, id: i64) -> Result<(), Error> {
        store::keep_made(tx, self.id, made, id)
    }

    /// Keeps that the change wrote down what somebody said about the use of their data.
    pub fn said(&self, tx: &Tx, event: ConsentEventId) -> Result<(), Error> {
        store::keep_said(tx, self.id, event)
    }

    /// Whether it made this record itself.
    pub fn has_made(&self, db: &Db, record: Record) -> Result<bool, Error> {
        store::has_made(db, self.id, made_of(record), record.id())
    }

    /// Counts what was touched and made so far.
    pub fn count(&self, tx: &Tx) -> Result<(), Error> {
        store::set_records(tx, self.id)
    }
}

fn version_of(db: &Db, record: Record) -> Result<Option<i64>, Error> {
    store::version_of(db, made_of(record), record.id())
}

fn made_of(record: Record) -> Made {
    match record {
        Record::Contact(_) => Made::Contact,
        Record::Company(_) => Made::Company,
    }
}

/// The change with this id.
pub fn get(db: &Db, id: ChangeId) -> Result<Told, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("change"))
}

/// Why a change cannot be taken back right now; `None` when it can.
pub fn hindrance(db: &Db, told: &Told) -> Result<Option<&'static str>, Error> {
    Ok(match (told.state, told.kind) {
        (State::Undoing, _) => Some("this is being taken back already"),
        (State::Undone, _) => Some("this has been taken back already"),
        _ if db.now.since(told.created_at) >= KEPT => {
            Some("this is more than seven days old, so how the records were is no longer kept; change them by hand")
        }
        (_, Kind::Import) if imports::is_writing(db, told.id)? => Some("this import is still under way; stop it first"),
        (_, Kind::Bulk) if bulk::service::is_running(db, told.id)? => {
            Some("this edit is still under way; stop it first")
        }
        _ => None,
    })
}

/// Begins to take a change back; the job does it. Fails with [`Error::Conflict`] after seven days, and for what
/// is taken back already.
pub fn start(tx: &Tx, id: ChangeId) -> Result<(), Error> {
    let told = get(tx, id)?;
    if let Some(hindrance) = hindrance(tx, &told)? {
        return Err(Error::Conflict(hindrance.into()));
    }
    if told.kind == Kind::Merge {
        demand_untouched(tx, id)?;
        demand_free(tx, id)?;
    }
    store::begin_undo(tx, id)?;
    audit::record(tx, Event::new("people.change.undo_started").on("change", id).detail("kind", told.kind.word()))
}

/// A merge is taken back whole or not at all: what is one record now cannot be two when somebody worked on it.
fn demand_untouched(tx: &Tx, id: ChangeId) -> Result<(), Error> {
    for kept in store::images(tx, id, 2)? {
        let version = kept.record.map(|record| version_of(tx, record)).transpose()?.flatten().unwrap_or(0);
        if version != kept.version_after {
            let message = "the merged record was changed since, so it cannot be taken apart again; copy what you need into a new one";
            return Err(Error::Conflict(message.into()));
        }
    }
    Ok(())
}

/// What a hold on the merged record covers must not be spread over two.
fn demand_free(tx: &Tx, id: ChangeId) -> Result<(), Error> {
    store::images(tx, id, 2)?.iter().filter_map(|kept| kept.record).try_for_each(|record| record.demand_free(tx))
}

/// Takes a merge apart: the record that stayed becomes what it was, then the other comes back with all that hung
/// on it. Somebody may have worked on it since this was asked for: then both images go, and nothing is changed.
fn take_apart(tx: &Tx, told: &Told) -> Result<(i64, i64), Error> {
    let id = told.id;
    let is_untouched = demand_untouched(tx, id).is_ok() && demand_free(tx, id).is_ok();
    let images = store::images(tx, id, 2)?;
    images.iter().try_for_each(|kept| store::forget_image(tx, kept.id))?;
    let (stayed, went): (Vec<Kept>, Vec<Kept>) = images.into_iter().partition(|kept| kept.version_after > 0);
    let ([stayed], [went]) = (stayed.as_slice(), went.as_slice()) else { return Ok((0, 0)) };
    let (Some(stays), Some(goes), true) = (stayed.record, went.record, is_untouched) else { return Ok((0, 2)) };
    put_back(tx, told, stays, &Image::from_json(&stayed.image)?)?;
    let version = images::unfollow(tx, goes, stays, &Image::from_json(&went.image)?)?;
    tell(tx, told, goes, &[], version)?;
    refresh(tx, stays)?;
    refresh(tx, goes)?;
    store::forget_merged(tx, goes)?;
    Ok((2, 0))
}

/// Takes back a batch; true when nothing is left. Everything of a batch happens, or nothing.
pub fn step(tx: &Tx, id: ChangeId, most: i64) -> Result<bool, Error> {
    let told = get(tx, id)?;
    let (mut restored, mut kept) = match told.kind {
        Kind::Merge => take_apart(tx, &told)?,
        Kind::Import | Kind::Bulk => (0, 0),
    };
    // First what was said: somebody whose record goes could no longer be told apart from who withdrew by themselves.
    let most = most - take_back_said(tx, &told, most)?;
    let images = store::images(tx, id, most)?;
    let room = most - images.len() as i64;
    restore_all(tx, &told, images, &mut restored, &mut kept)?;
    let is_done = room > 0 && take_away(tx, &told, room, &mut restored, &mut kept)?;
    store::advance(tx, id, restored, kept)?;
    if is_done {
        store::end_undo(tx, id)?;
        let told = get(tx, id)?;
        let event = Event::new("people.change.undone").on("change", id).detail("kind", told.kind.word());
        audit::record(tx, event.detail("restored", told.restored).detail("kept", told.kept))?;
    } else {
        let event = Event::new("people.change.undo_went_on").on("change", id);
        audit::record(tx, event.detail("restored", restored).detail("kept", kept))?;
    }
    Ok(is_done)
}

/// Takes back what a file said of consents, the last first; how many it looked at.
fn take_back_said(tx: &Tx, told: &Told, most: i64) -> Result<i64, Error> {
    let mut room = most;
    while room > 0
        && let Some((range, first, last)) = store::last_said(tx, told.id)?
    {
        let stop = first.max(last - room + 1);
        for id in (stop..=last).rev() {
            arriving::take_back(tx, &person::CONTACT, ConsentEventId(id), "The import it came with was taken back.")?;
        }
        room -= last - stop + 1;
        store::shorten(tx, range, stop - 1)?;
    }
    Ok(most - room)
}

/// Restores what lies in images, and counts what was restored and what was left alone.
fn restore_all(tx: &Tx, told: &Told, images: Vec<Kept>, restored: &mut i64, kept: &mut i64) -> Result<(), Error> {
    for before in images {
        match before.record {
            Some(record) if restore(tx, told, record, &before.image, before.version_after)? => *restored += 1,
            _ => *kept += 1,
        }
        store::forget_image(tx, before.id)?;
    }
    Ok(())
}

/// Puts a record back unless somebody changed it since; says whether it did.
fn restore(tx: &Tx, told: &Told, record: Record, image: &str, version_after: i64) -> Result<bool, Error> {
    if version_of(tx, record)?.unwrap_or(0) != version_after {
        return Ok(false);
    }
    if image == IN_THE_TRASH {
        return trash::service::restore_record(tx, record);
    }
    if image == MADE_HERE {
        let made = made_of(record);
        let is_used = store::is_used(tx, told.id, made, record.id())? || is_held(tx, made, record.id())?;
        if !is_used {
            store::delete(tx, made_of(record), record.id())?;
        }
        return Ok(!is_used);
    }
    match put_back(tx, told, record, &Image::from_json(image)?) {
        Ok(()) => {}
        // An address is somebody else's by now: nothing was written.
        Err(Error::Invalid(_)) => return Ok(false),
        Err(error) => return Err(error),
    }
    refresh(tx, record)?;
    Ok(true)
}

/// Puts a record back and tells its history which fields are as before: whoever read it meanwhile has missed that.
fn put_back(tx: &Tx, told: &Told, record: Record, image: &Image) -> Result<(), Error> {
    let before = images::take(tx, record, Extent::Own)?;
    let version = images::put_back(tx, record, image)?;
    let fields = match before {
        Some(before) => images::differing(tx, record.object(), &before, image)?,
        None => Vec::new(),
    };
    tell(tx, told, record, &fields, version)
}

fn tell(tx: &Tx, told: &Told, record: Record, fields: &[String], version: i64) -> Result<(), Error> {
    let entry = NewEntry::new(&timeline::kinds::UNDONE).fields(fields).version(version).by(told.undone_by);
    timeline::add(tx, record, &entry)
}

/// What a record points at may be called otherwise by now.
fn refresh(tx: &Tx, record: Record) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::refresh_words(tx, id),
        Record::Company(id) => {
            companies::service::refresh_words(tx, id)?;
            companies::service::refresh_people(tx, id)
        }
    }
}

/// True when a legal hold covers a row that the change made: it stays, and counts as kept.
fn is_held(db: &Db, made: Made, id: i64) -> Result<bool, Error> {
    let free = match made {
        Made::Contact => Record::Contact(ContactId(id)).demand_removable(db),
        Made::Company => Record::Company(CompanyId(id)).demand_removable(db),
        Made::Note => notes::service::demand_free(db, NoteId(id)),
        Made::Tag => holds::demand_free(db, "tags", "tags", id),
        Made::Choice => holds::demand_free(db, "custom_field_choices", "custom_field_choices", id),
    };
    match free {
        Ok(()) => Ok(false),
        Err(Error::Conflict(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Deletes what the change made, the last first; true when nothing of it is left to look at.
fn take_away(tx: &Tx, told: &Told, most: i64, restored: &mut i64, kept: &mut i64) -> Result<bool, Error> {
    let (change, mut room) = (told.id, most);
    while room > 0 {
        let next = store::last_range(tx, change)?;
        // People and notes are gone by then; what tags these companies carry is not.
        if next.as_ref().is_none_or(|(_, made, ..)| matches!(made, Made::Tag | Made::Choice)) {
            let companies = store::made_companies(tx, change, room)?;
            if !companies.is_empty() {
                room -= companies.len() as i64;
                restore_all(tx, told, companies, restored, kept)?;
                continue;
            }
        }
        let Some((range, made, first, last)) = next else { return Ok(true) };
        let stop = first.max(last - room + 1);
        for id in (stop..=last).rev() {
            let is_untouched = store::version_of(tx, made, id)? == Some(1);
            let is_used = made != Made::Note && is_untouched && store::is_used(tx, change, made, id)?;
            let counts = matches!(made, Made::Contact | Made::Company);
            if is_untouched && !is_used && !is_held(tx, made, id)? {
                store::delete(tx, made, id)?;
                *restored += i64::from(counts);
            } else {
                *kept += i64::from(counts);
            }
        }
        room -= last - stop + 1;
        store::shorten(tx, range, stop - 1)?;
    }
    Ok(store::last_range(tx, change)?.is_none() && store::made_companies(tx, change, 1)?.is_empty())
}
