//! What one can do with tags, on records and by themselves.

use super::{checked_name, key, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{CompanyId, ContactId, TagId};
use crate::people::record::Record;
use crate::people::text::Faults;
use crate::people::{companies, contacts, views};
use crate::privacy::audit::{self, Event};

pub use super::store::{all, find, find_by_name, names_of, names_on_companies, names_on_contacts, newest};

/// The tags of these names; those nobody used before are made.
///
/// The names are clean (`tags::checked`). Writes no audit entry: whoever tags a record writes one.
pub fn ensure(tx: &Tx, names: &[String]) -> Result<Vec<TagId>, Error> {
    names
        .iter()
        .map(|name| match store::find_by_key(tx, &key(name))? {
            Some(id) => Ok(id),
            None => store::insert(tx, name, &key(name)),
        })
        .collect()
}

/// Makes `names` the tags of the record; returns true when that changed anything.
///
/// The caller refreshes the record's words and writes the audit entry.
pub(in crate::people) fn replace(tx: &Tx, record: Record, names: &[String]) -> Result<bool, Error> {
    let mut wanted = ensure(tx, names)?;
    wanted.sort_unstable();
    let before = store::ids_of(tx, record)?;
    for gone in before.iter().filter(|id| wanted.binary_search(id).is_err()) {
        store::detach(tx, record, *gone)?;
    }
    for new in wanted.iter().filter(|id| before.binary_search(id).is_err()) {
        store::attach(tx, record, *new)?;
    }
    Ok(before != wanted)
}

/// Hangs tags on a record that has none yet.
pub(in crate::people) fn attach(tx: &Tx, record: Record, names: &[String]) -> Result<(), Error> {
    ensure(tx, names)?.into_iter().try_for_each(|tag| store::attach(tx, record, tag))
}

/// Makes a tag that no record carries yet.
///
/// Fails with [`Error::Invalid`] when there is one of this name.
pub fn create(tx: &Tx, name: &str) -> Result<TagId, Error> {
    let name = checked(tx, name, None)?;
    let id = store::insert(tx, &name, &key(&name))?;
    audit::record(tx, Event::new("people.tag.created").on("tag", id).personal("name", name))?;
    Ok(id)
}

/// Gives a tag another name on every record that carries it.
pub fn rename(tx: &Tx, id: TagId, version: i64, name: &str) -> Result<(), Error> {
    let tag = find(tx, id)?.ok_or(Error::NotFound("tag"))?;
    if tag.version != version {
        return Err(Error::Stale(tag.version));
    }
    let name = checked(tx, name, Some(id))?;
    if name == tag.name {
        return Ok(());
    }
    store::rename(tx, id, &name, &key(&name))?;
    views::service::tag_renamed(tx, &tag.name, &name)?;
    refresh(tx, store::records(tx, id)?)?;
    audit::record(
        tx,
        Event::new("people.tag.renamed").on("tag", id).personal("before", tag.name).personal("name", name),
    )
}

/// Makes two tags one: every record with `id` carries `into`, views ask for that one, and `id` is gone.
///
/// `version` is what the asker read of `id`. Fails with [`Error::Invalid`] at `into` when that is no other tag.
pub fn merge(tx: &Tx, id: TagId, version: i64, into: TagId) -> Result<(), Error> {
    let tag = find(tx, id)?.ok_or(Error::NotFound("tag"))?;
    if tag.version != version {
        return Err(Error::Stale(tag.version));
    }
    let Some(kept) = find(tx, into)?.filter(|kept| kept.id != id) else {
        return Err(Error::field("into", "unknown_tag", "Choose another tag that is there."));
    };
    let records = store::records(tx, id)?;
    store::hand_over(tx, id, into)?;
    store::delete(tx, id)?;
    views::service::tag_renamed(tx, &tag.name, &kept.name)?;
    refresh(tx, records)?;
    let event = Event::new("people.tag.merged").on("tag", into).detail("merged", id.0);
    let event = event.detail("records", tag.contacts + tag.companies);
    audit::record(tx, event.personal("name", kept.name).personal("before", tag.name))
}

/// Takes a tag off every record and away. `version` is what the asker read; `None` deletes whatever is there.
pub fn delete(tx: &Tx, id: TagId, version: Option<i64>) -> Result<(), Error> {
    let tag = find(tx, id)?.ok_or(Error::NotFound("tag"))?;
    if version.is_some_and(|version| version != tag.version) {
        return Err(Error::Stale(tag.version));
    }
    let records = store::records(tx, id)?;
    store::delete(tx, id)?;
    refresh(tx, records)?;
    let event = Event::new("people.tag.deleted").on("tag", id).detail("records", tag.contacts + tag.companies);
    audit::record(tx, event.personal("name", tag.name))
}

fn refresh(tx: &Tx, (contact_ids, company_ids): (Vec<ContactId>, Vec<CompanyId>)) -> Result<(), Error> {
    for id in contact_ids {
        contacts::service::refresh_words(tx, id)?;
    }
    for id in company_ids {
        companies::service::refresh_words(tx, id)?;
    }
    Ok(())
}

fn checked(db: &Db, name: &str, this: Option<TagId>) -> Result<String, Error> {
    let mut faults = Faults::default();
    let name = checked_name(&mut faults, "name", name);
    if store::find_by_key(db, &key(&name))?.is_some_and(|other| Some(other) != this) {
        faults.add("name", "duplicate", "There is a tag of this name.");
    }
    faults.none_or(name).map_err(Error::Invalid)
}
