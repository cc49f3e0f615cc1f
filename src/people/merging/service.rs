//! Makes one record of two, and decides what the search for duplicates found.

use std::collections::BTreeSet;

use super::{Candidate, Pair, companies as company_merge, contacts as contact_merge, store};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::id::{CandidateId, ChangeId, CompanyId, ContactId};
use crate::people::images::{self, Extent};
use crate::people::record::{Access, Object, Record};
use crate::people::timeline::{self, NewEntry};
use crate::people::undo;
use crate::people::{companies, contacts};
use crate::privacy::audit::{self, Event};
use crate::visitor::Reach;

pub use super::store::{count_open, open};

/// Two records to become one.
#[derive(Debug, Clone, Default)]
pub struct Merge {
    /// Fields whose value comes from the record that goes: names of the API, `custom/key`, `owner`.
    pub takes: BTreeSet<String>,
    /// What the asker read of both; `None`: whatever is there.
    pub versions: Option<(i64, i64)>,
}

/// Makes one contact of two: `goes` goes into `stays`. Gives the change, which can be taken back.
///
/// Fails with [`Error::Invalid`] for a record with itself, for a field that is not there, and when the merged
/// record breaks a rule; with [`Error::Stale`] when one of them changed since it was read.
pub fn merge_contacts(
    tx: &Tx,
    stays: ContactId,
    goes: ContactId,
    merge: &Merge,
    access: &Access,
) -> Result<ChangeId, Error> {
    let (stays_record, goes_record) = (Record::Contact(stays), Record::Contact(goes));
    refuse_itself(stays_record, goes_record)?;
    let one = contacts::service::get(tx, stays, &access.view)?;
    let other = contacts::service::get(tx, goes, &access.view)?;
    access.demand_edit(one.owner, "contact")?;
    access.demand_edit(other.owner, "contact")?;
    access.demand_delete(other.owner, "contact")?;
    demand_versions(merge, one.version, other.version)?;
    refuse_unknown(merge, &contact_merge::pairs(&one, &other))?;
    let new = contact_merge::merged(&one, &other, &merge.takes);
    if new.owner != one.owner {
        access.demand_assign(one.owner, "contact")?;
    }
    let kept = Kept::take(tx, stays_record, goes_record)?;
    images::follow(tx, goes_record, stays_record)?;
    contacts::service::remove(tx, goes)?;
    contacts::service::update(tx, stays, None, &new, &Access::everything())?;
    contacts::service::inherit(tx, stays, &other)?;
    store::remember(tx, stays_record, goes_record, &other.display_name)?;
    kept.end(tx, "people.contact.merged", &other.display_name)
}

/// The same for companies; the people of the one that goes are those of the one that stays.
pub fn merge_companies(
    tx: &Tx,
    stays: CompanyId,
    goes: CompanyId,
    merge: &Merge,
    access: &Access,
) -> Result<ChangeId, Error> {
    let (stays_record, goes_record) = (Record::Company(stays), Record::Company(goes));
    refuse_itself(stays_record, goes_record)?;
    let one = companies::service::get(tx, stays, &access.view)?;
    let other = companies::service::get(tx, goes, &access.view)?;
    access.demand_edit(one.owner, "company")?;
    access.demand_edit(other.owner, "company")?;
    access.demand_delete(other.owner, "company")?;
    demand_versions(merge, one.version, other.version)?;
    refuse_unknown(merge, &company_merge::pairs(&one, &other))?;
    let new = company_merge::merged(&one, &other, &merge.takes);
    if new.owner != one.owner {
        access.demand_assign(one.owner, "company")?;
    }
    let kept = Kept::take(tx, stays_record, goes_record)?;
    let people = contacts::service::ids_of_company(tx, goes)?;
    images::follow(tx, goes_record, stays_record)?;
    companies::service::remove(tx, goes)?;
    companies::service::update(tx, stays, None, &new, &Access::everything())?;
    people.into_iter().try_for_each(|person| contacts::service::refresh_words(tx, person))?;
    store::remember(tx, stays_record, goes_record, &other.name)?;
    kept.end(tx, "people.company.merged", &other.name)
}

/// How both were, for the way back.
struct Kept {
    change: undo::Change,
    stays: Record,
    goes: Record,
    images: [images::Image; 2],
}

impl Kept {
    fn take(tx: &Tx, stays: Record, goes: Record) -> Result<Kept, Error> {
        let gone = || Error::NotFound("record");
        let images = [
            images::take(tx, stays, Extent::Own)?.ok_or_else(gone)?,
            images::take(tx, goes, Extent::Everything)?.ok_or_else(gone)?,
        ];
        let change = undo::begin(tx, undo::Kind::Merge, "merge", stays.object(), None)?;
        Ok(Kept { change, stays, goes, images })
    }

    fn end(self, tx: &Tx, action: &'static str, name: &str) -> Result<ChangeId, Error> {
        let Kept { change, stays, goes, images: [before, gone] } = self;
        timeline::add(tx, stays, &NewEntry::new(&timeline::kinds::MERGED))?;
        change.keep(tx, stays, &before)?;
        change.keep(tx, goes, &gone)?;
        change.count(tx)?;
        let event = Event::new(action).on(stays.kind(), stays.id()).detail("merged", goes.id());
        audit::record(tx, event.detail("change", change.id.0).personal("name", name))?;
        Ok(change.id)
    }
}

fn refuse_itself(stays: Record, goes: Record) -> Result<(), Error> {
    if stays == goes {
        let message = "This is the same record. Choose another one to merge it with.";
        return Err(Error::field("other", "same_record", message));
    }
    Ok(())
}

fn demand_versions(merge: &Merge, one: i64, other: i64) -> Result<(), Error> {
    match merge.versions {
        Some((read, _)) if read != one => Err(Error::Stale(one)),
        Some((_, read)) if read != other => Err(Error::Stale(other)),
        _ => Ok(()),
    }
}

fn refuse_unknown(merge: &Merge, pairs: &[Pair]) -> Result<(), Error> {
    let is_known = |field: &&String| *field == "owner" || pairs.iter().any(|pair| pair.field == **field);
    let unknown = merge.takes.iter().filter(|field| !is_known(field));
    let errors: Vec<FieldError> = unknown
        .map(|field| FieldError::new(field.clone(), "unknown_field", format!("There is no field {field} to choose.")))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// The lines to choose from, of two records of one kind that the asker may see.
pub fn pairs(db: &Db, one: Record, other: Record, view: &Reach) -> Result<Vec<Pair>, Error> {
    match (one, other) {
        (Record::Contact(one), Record::Contact(other)) => {
            Ok(contact_merge::pairs(&contacts::service::get(db, one, view)?, &contacts::service::get(db, other, view)?))
        }
        (Record::Company(one), Record::Company(other)) => Ok(company_merge::pairs(
            &companies::service::get(db, one, view)?,
            &companies::service::get(db, other, view)?,
        )),
        _ => Err(Error::field("other", "other_kind", "Choose two contacts or two companies.")),
    }
}

/// The record that a merged one went into, through any number of merges; `None` when it never was merged.
pub fn successor(db: &Db, lost: Record) -> Result<Option<Record>, Error> {
    store::successor(db, lost)
}

/// Every id the record ever had: its own, then those of records that went into it.
pub fn ids_of(db: &Db, record: Record) -> Result<Vec<i64>, Error> {
    let mut ids = vec![record.id()];
    ids.extend(store::lost(db, record)?);
    Ok(ids)
}

/// The pair with this id, as long as nobody has decided about it.
pub fn candidate(db: &Db, id: CandidateId) -> Result<Candidate, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("pair"))
}

/// Says that two records are not the same: the search does not offer them again.
pub fn dismiss(tx: &Tx, id: CandidateId) -> Result<(), Error> {
    let candidate = candidate(tx, id)?;
    store::dismiss(tx, id)?;
    let event = Event::new("people.duplicate.dismissed").on(candidate.object.word(), candidate.one);
    audit::record(tx, event.detail("other", candidate.other))
}

/// The owners of both records of a pair; `None` for one that is gone.
pub fn owners(db: &Db, object: Object, ids: [i64; 2]) -> Result<[Option<Option<crate::id::MemberId>>; 2], Error> {
    let owner = |id: i64| match object {
        Object::Contact => contacts::service::owner(db, ContactId(id)),
        Object::Company => companies::service::owner(db, CompanyId(id)),
    };
    Ok([owner(ids[0])?, owner(ids[1])?])
}
