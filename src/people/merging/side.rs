//! What contacts and companies have alike when two become one: which fields are a choice, and what stays.

use std::collections::BTreeSet;

use super::{Beside, Pair};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ContactId, MemberId};
use crate::people::custom_fields::{CustomValue, Typed};
use crate::people::identities::{Identity, NewIdentity};
use crate::people::record::Record;
use crate::visitor::Reach;

/// One of two records that become one.
pub trait Side: Sized {
    /// The fields in which one of two values stays, and what forms call them. Owners are named by the page, which
    /// knows the members.
    const FIELDS: &'static [(&'static str, &'static str)];
    /// What the audit log calls it.
    const ACTION: &'static str;
    /// Everything somebody can enter.
    type New;

    /// The record with this id within `view`; fails with [`Error::NotFound`] for any other.
    fn find(db: &Db, id: i64, view: &Reach) -> Result<Self, Error>;
    fn facts(&self) -> Facts<'_>;
    /// What stands in one of [`Side::FIELDS`], for people.
    fn text(&self, field: &str) -> String;
    fn to_new(&self) -> Self::New;
    /// Puts what stands in a field of another into this one.
    fn take(new: &mut Self::New, field: &str, from: &Self::New);
    /// What merges alike in every kind of record.
    fn shared(new: &mut Self::New) -> Shared<'_>;
    /// Contacts that are found by the name of this record.
    fn leaning(db: &Db, id: i64) -> Result<Vec<ContactId>, Error>;
    /// Lets `goes` go, makes `stays` what `new` says, and does what only this kind asks for. What hung on the one
    /// hangs on the other by now.
    fn finish(tx: &Tx, stays: i64, goes: &Self, new: &Self::New) -> Result<(), Error>;
}

/// What every record says of itself.
pub struct Facts<'a> {
    pub record: Record,
    pub version: i64,
    pub name: &'a str,
    pub owner: Option<MemberId>,
    pub identities: &'a [Identity],
    pub tags: &'a [String],
    pub custom: &'a [CustomValue],
    pub added: Timestamp,
}

impl Facts<'_> {
    /// For a page that shows two of them.
    pub fn beside(&self) -> Beside {
        let identities = self.identities.iter().map(Identity::shown);
        Beside {
            record: self.record,
            version: self.version,
            name: self.name.to_owned(),
            owner: self.owner,
            more: identities.chain(self.tags.iter().cloned()).collect(),
            added: self.added,
        }
    }
}

/// The parts of a new record that merge alike.
pub struct Shared<'a> {
    pub emails: &'a mut Vec<NewIdentity>,
    pub phones: &'a mut Vec<NewIdentity>,
    pub tags: &'a mut Vec<String>,
    pub owner: &'a mut Option<MemberId>,
    pub custom: &'a mut Typed,
}

/// The lines to choose from.
pub fn pairs<S: Side>(one: &S, other: &S) -> Vec<Pair> {
    let usual = S::FIELDS.iter().map(|(field, label)| Pair {
        field: (*field).to_owned(),
        label: (*label).to_owned(),
        one: one.text(field),
        other: other.text(field),
    });
    usual.chain(own_fields(one.facts().custom, other.facts().custom)).collect()
}

/// What stays: `one`, with the fields in `takes` from `other`, the other's value where its own is empty, and the
/// addresses, numbers and tags of both.
pub fn merged<S: Side>(one: &S, other: &S, takes: &BTreeSet<String>) -> S::New {
    let (mut new, mut from) = (one.to_new(), other.to_new());
    for (field, _) in S::FIELDS.iter().filter(|(field, _)| takes.contains(*field) || one.text(field).is_empty()) {
        S::take(&mut new, field, &from);
    }
    let (into, from) = (S::shared(&mut new), S::shared(&mut from));
    if takes.contains("owner") || into.owner.is_none() {
        *into.owner = *from.owner;
    }
    add_identities(into.emails, from.emails);
    add_identities(into.phones, from.phones);
    into.tags.append(from.tags);
    take_own(into.custom, &one.facts(), &other.facts(), takes);
    new
}

/// The lines of fields that the workspace defined.
fn own_fields(one: &[CustomValue], other: &[CustomValue]) -> Vec<Pair> {
    let shown = |values: &[CustomValue], key: &str| -> String {
        let of_key = values.iter().filter(|value| value.key == key);
        of_key.map(CustomValue::shown).collect::<Vec<_>>().join(", ")
    };
    let mut pairs: Vec<Pair> = Vec::new();
    for value in one.iter().chain(other).filter(|value| !value.is_archived) {
        let field = format!("custom/{}", value.key);
        if !pairs.iter().any(|pair| pair.field == field) {
            let (one, other) = (shown(one, &value.key), shown(other, &value.key));
            pairs.push(Pair { field, label: value.label.clone(), one, other });
        }
    }
    pairs
}

/// Puts the values of `other` for the chosen fields into the custom fields of what stays.
fn take_own(into: &mut Typed, one: &Facts, other: &Facts, takes: &BTreeSet<String>) {
    // A record that points at itself goes on doing so under the id that stays.
    let points_at_itself = |value: &CustomValue| {
        value.target == Some(other.record.object()) && value.value == other.record.id().to_string()
    };
    for value in other.custom {
        let is_empty = !one.custom.iter().any(|mine| mine.key == value.key);
        if is_empty || takes.contains(&format!("custom/{}", value.key)) {
            let taken = if points_at_itself(value) { one.record.id().to_string() } else { value.value.clone() };
            into.entry(value.key.clone()).or_default().push(taken);
        }
    }
    // A choice of the other's empty field empties the one that stays.
    for key in takes.iter().filter_map(|field| field.strip_prefix("custom/")) {
        if !other.custom.iter().any(|value| value.key == key) {
            into.insert(key.to_owned(), Vec::new());
        }
    }
}

/// Addresses of both, those of the one that stays first. Two records of a company may share one.
fn add_identities(into: &mut Vec<NewIdentity>, more: &mut Vec<NewIdentity>) {
    for mut identity in more.drain(..) {
        let same = |known: &NewIdentity| known.value.to_lowercase() == identity.value.to_lowercase();
        if !into.iter().any(same) {
            identity.is_primary &= into.is_empty();
            into.push(identity);
        }
    }
}
