//! Puts deleted records into the trash, brings them back, and lets them go.

use super::term::DELETED;
use super::{Trashed, store};
use crate::db::{Db, Tx, Workspace};
use crate::error::Error;
use crate::id::{MemberId, TrashId};
use crate::people::images::{self, Extent, Image};
use crate::people::record::{Access, Object, Record};
use crate::people::timeline::{self, NewEntry};
use crate::people::{companies, contacts};
use crate::privacy::audit::{self, Event};
use crate::privacy::{holds, retention};

pub use super::store::list;

/// Keeps a record that is about to be deleted. The caller deletes it in the same transaction and audits it.
pub(in crate::people) fn keep(tx: &Tx, record: Record, name: &str, owner: Option<MemberId>) -> Result<(), Error> {
    record.demand_removable(tx)?;
    let image = images::take(tx, record, Extent::Everything)?.ok_or(Error::NotFound("record"))?;
    store::insert(tx, record, name, owner, &image.to_json()?)
}

/// The deleted record with this id.
pub fn get(db: &Db, id: TrashId) -> Result<Trashed, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("record"))
}

/// Brings a record back with all that hung on it. Whoever may delete it may.
///
/// Fails with [`Error::Invalid`] when an address it had belongs to another contact by now; nothing is changed.
pub fn restore(tx: &Tx, id: TrashId, access: &Access) -> Result<Record, Error> {
    let trashed = get(tx, id)?;
    access.demand_delete(trashed.owner, "record")?;
    bring_back(tx, &trashed)?;
    let action = match trashed.record {
        Record::Contact(_) => "people.contact.restored",
        Record::Company(_) => "people.company.restored",
    };
    audit::record(tx, Event::new(action).on(trashed.record.kind(), trashed.record.id()))?;
    Ok(trashed.record)
}

fn bring_back(tx: &Tx, trashed: &Trashed) -> Result<(), Error> {
    let image = store::image(tx, trashed.id)?.ok_or(Error::NotFound("record"))?;
    let version = images::put_back(tx, trashed.record, &Image::from_json(&image)?)?;
    store::delete(tx, trashed.id)?;
    match trashed.record {
        Record::Contact(id) => contacts::service::refresh_words(tx, id)?,
        Record::Company(id) => {
            companies::service::refresh_words(tx, id)?;
            companies::service::refresh_people(tx, id)?;
        }
    }
    timeline::add(tx, trashed.record, &NewEntry::new(&timeline::kinds::RESTORED).version(version))
}

/// Brings a record back for whoever takes a change back and audits that; false when it is not here any more, or
/// an address it had belongs to another contact.
pub(in crate::people) fn restore_record(tx: &Tx, record: Record) -> Result<bool, Error> {
    let Some(id) = store::of_record(tx, record)? else { return Ok(false) };
    match bring_back(tx, &get(tx, id)?) {
        Ok(()) => Ok(true),
        Err(Error::Invalid(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Lets a record go for good. Backups keep it until they expire.
pub fn discard(tx: &Tx, id: TrashId, access: &Access) -> Result<(), Error> {
    let trashed = get(tx, id)?;
    access.demand_delete(trashed.owner, "record")?;
    trashed.record.demand_free(tx)?;
    holds::demand_free(tx, "trash", "trash", id.0)?;
    let image = store::image(tx, id)?.ok_or(Error::NotFound("record"))?;
    holds::demand_rows_free(tx, &Image::from_json(&image)?.rows())?;
    store::delete(tx, id)?;
    let event = Event::new("people.trash.emptied").on(trashed.record.kind(), trashed.record.id());
    audit::record(tx, event.personal("name", trashed.name))
}

/// Deleted contacts who had this address or number.
pub(in crate::people) fn contacts_with(db: &Db, normalised: &str) -> Result<Vec<i64>, Error> {
    let mut found = Vec::new();
    for (id, image) in store::images_naming(db, Object::Contact, normalised)? {
        let identities = Image::from_json(&image)?.texts("contact_identities", "normalised");
        if identities.iter().any(|identity| identity == normalised) {
            found.push(id);
        }
    }
    Ok(found)
}

/// What a deleted record was called; `None` when the trash does not have it.
pub(in crate::people) fn name_of(db: &Db, record: Record) -> Result<Option<String>, Error> {
    let Some(id) = store::of_record(db, record)? else { return Ok(None) };
    Ok(store::find(db, id)?.map(|trashed| trashed.name))
}

/// Days a deleted record is kept.
pub fn days(db: &Db) -> Result<i64, Error> {
    Ok(i64::from(retention::days(db, &DELETED)?.unwrap_or(DELETED.most)))
}

/// Lets records go whose time is over; says how many went. The run of the rules has the audit entry.
pub fn let_go(tx: &Tx, _: &Workspace, ids: &[i64]) -> Result<usize, Error> {
    for id in ids {
        store::delete(tx, TrashId(*id))?;
    }
    Ok(ids.len())
}
