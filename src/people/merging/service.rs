//! Makes one record of two, and decides what the search for duplicates found.

use std::collections::BTreeSet;

use super::side::{self, Side};
use super::{Beside, Pair, store};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::id::{CandidateId, ChangeId};
use crate::people::companies::Company;
use crate::people::contacts::{self, Contact};
use crate::people::identities;
use crate::people::images::{self, Extent};
use crate::people::record::{Access, Object, Record};
use crate::people::timeline::{self, NewEntry};
use crate::people::undo;
use crate::privacy::audit::{self, Event};
use crate::visitor::Reach;

pub use super::store::{briefs, count_open, open};

/// Two records to become one.
#[derive(Debug, Clone, Default)]
pub struct Merge {
    /// Fields whose value comes from the record that goes: names of the API, `custom/key`, `owner`.
    pub takes: BTreeSet<String>,
    /// What the asker read of both; `None`: whatever is there.
    pub versions: Option<(i64, i64)>,
}

/// Makes one record of two of a kind: `goes` goes into `stays`. Gives the change, which can be taken back.
///
/// Fails with [`Error::Invalid`] for a record with itself, for a field that is not there, and when the merged
/// record breaks a rule; with [`Error::Stale`] when one of them changed since it was read.
pub fn merge(tx: &Tx, stays: Record, goes: Record, merge: &Merge, access: &Access) -> Result<ChangeId, Error> {
    match (stays.object(), goes.object()) {
        (Object::Contact, Object::Contact) => merge_sides::<Contact>(tx, stays, goes, merge, access),
        (Object::Company, Object::Company) => merge_sides::<Company>(tx, stays, goes, merge, access),
        _ => Err(other_kind()),
    }
}

fn merge_sides<S: Side>(
    tx: &Tx,
    stays: Record,
    goes: Record,
    merge: &Merge,
    access: &Access,
) -> Result<ChangeId, Error> {
    let one = S::find(tx, stays.id(), &access.view)?;
    refuse_itself(stays, goes)?;
    let other = S::find(tx, goes.id(), &access.view)?;
    stays.demand_free(tx)?;
    goes.demand_removable(tx)?;
    let (one_facts, other_facts) = (one.facts(), other.facts());
    access.demand_edit(one_facts.owner, stays.kind())?;
    access.demand_edit(other_facts.owner, stays.kind())?;
    access.demand_delete(other_facts.owner, stays.kind())?;
    demand_versions(merge, one_facts.version, other_facts.version)?;
    refuse_unknown(merge, &side::pairs(&one, &other))?;
    let mut new = side::merged(&one, &other, &merge.takes);
    if *S::shared(&mut new).owner != one_facts.owner {
        access.demand_assign(one_facts.owner, stays.kind())?;
    }
    let kept = Kept::take(tx, stays, goes)?;
    let leaning = S::leaning(tx, goes.id())?;
    images::follow(tx, goes, stays)?;
    S::finish(tx, stays.id(), &other, &new)?;
    leaning.into_iter().try_for_each(|person| contacts::service::refresh_words(tx, person))?;
    identities::keep_proofs(tx, stays, other_facts.identities)?;
    store::remember(tx, stays, goes, other_facts.name)?;
    kept.end(tx, S::ACTION, other_facts.name)
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
    if stays == goes { Err(Error::Invalid(vec![same_record()])) } else { Ok(()) }
}

/// What is said of a merge of a record with itself.
pub fn same_record() -> FieldError {
    FieldError::new("other", "same_record", "This is the same record. Choose another one to merge it with.")
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

/// Two records of one kind that the asker may see, and the lines to choose from.
pub fn compare(db: &Db, one: Record, other: Record, view: &Reach) -> Result<([Beside; 2], Vec<Pair>), Error> {
    fn of<S: Side>(db: &Db, ids: [i64; 2], view: &Reach) -> Result<([Beside; 2], Vec<Pair>), Error> {
        let (one, other) = (S::find(db, ids[0], view)?, S::find(db, ids[1], view)?);
        Ok(([one.facts().beside(), other.facts().beside()], side::pairs(&one, &other)))
    }
    let ids = [one.id(), other.id()];
    match (one.object(), other.object()) {
        (Object::Contact, Object::Contact) => of::<Contact>(db, ids, view),
        (Object::Company, Object::Company) => of::<Company>(db, ids, view),
        _ => Err(other_kind()),
    }
}

fn other_kind() -> Error {
    Error::field("other", "other_kind", "Choose two contacts or two companies.")
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

/// Says that two records are not the same: the search does not offer them again. `edit` says how far the asker may
/// change records of a kind; fails with [`Error::NotFound`] unless that covers both.
pub fn dismiss(tx: &Tx, id: CandidateId, edit: impl Fn(Object) -> Reach) -> Result<(), Error> {
    let candidate = store::find(tx, id)?.ok_or(Error::NotFound("pair"))?;
    let both = store::briefs(tx, candidate.object, &[candidate.one, candidate.other])?;
    let reach = edit(candidate.object);
    if both.len() != 2 || !both.iter().all(|record| reach.covers(record.owner)) {
        return Err(Error::NotFound("pair"));
    }
    store::dismiss(tx, id)?;
    let event = Event::new("people.duplicate.dismissed").on(candidate.object.word(), candidate.one);
    audit::record(tx, event.detail("other", candidate.other))
}
