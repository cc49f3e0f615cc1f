//! The history of a record, newest first: one table that every module feeds by [`add`], one place that shows it.
//!
//! A line holds names of fields, ids, and who acted; never values and never names. What it says stands in
//! the [`EntryKind`] that a module declares in its `MODULE`; names are looked up when it is shown.

pub mod api;
pub mod kinds;
mod lines;
mod store;
#[cfg(test)]
mod tests;
pub mod view;

use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Error;
use crate::id::MemberId;
use crate::module::{EntryKind, Target};
use crate::people::record::acting_member;

pub use store::since_version;

/// A line to add.
pub struct NewEntry<'a> {
    kind: &'static EntryKind,
    fields: Vec<&'a str>,
    version: i64,
    about: Option<Target>,
    member: Option<MemberId>,
}

impl<'a> NewEntry<'a> {
    pub fn new(kind: &'static EntryKind) -> NewEntry<'a> {
        NewEntry { kind, fields: Vec::new(), version: 0, about: None, member: None }
    }

    /// Names of fields, as the API calls them; `custom/key` for one of the workspace's own.
    pub fn fields(self, fields: &'a [impl AsRef<str>]) -> NewEntry<'a> {
        NewEntry { fields: fields.iter().map(AsRef::as_ref).collect(), ..self }
    }

    /// The record's version once this had happened, for whoever still has an older copy.
    pub fn version(self, version: i64) -> NewEntry<'a> {
        NewEntry { version, ..self }
    }

    /// What else it is about, by the word of its `RecordKind`: a file, an order. When that goes, its own module
    /// takes the line away by a trigger on its table.
    pub fn about(self, kind: &'static str, id: i64) -> NewEntry<'a> {
        NewEntry { about: Some(Target { kind, id }), ..self }
    }

    /// Who did it, when that is not who makes the change: the author of an imported note.
    pub fn by(self, member: Option<MemberId>) -> NewEntry<'a> {
        NewEntry { member, ..self }
    }
}

/// Adds a line to the history of a record, in the transaction of what happened.
pub fn add(tx: &Tx, on: impl Into<Target>, entry: &NewEntry) -> Result<(), Error> {
    store::insert(tx, on.into(), entry, entry.member.or(acting_member(tx.origin)))
}

/// Gives notes on a record their lines again: the history went, and they stayed.
pub fn add_of_notes(tx: &Tx, on: impl Into<Target>) -> Result<(), Error> {
    store::insert_of_notes(tx, on.into())
}

/// A line as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub at: Timestamp,
    /// The word of its kind.
    pub kind: String,
    /// Names of fields, as the API calls them.
    pub fields: Vec<String>,
    /// The record's version once this had happened; 0 when it has no part in it.
    pub version: i64,
    /// What else it is about: the word of a `RecordKind`, and an id.
    pub about: Option<(String, i64)>,
    pub member: Option<MemberId>,
}

/// A place in a history: lines older than this follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: Timestamp,
    pub id: i64,
}

impl Place {
    /// As it stands in an address: `1731900000000-41`.
    pub fn encode(self) -> String {
        format!("{}-{}", self.at.0, self.id)
    }

    pub fn decode(text: &str) -> Option<Place> {
        let (at, id) = text.split_once('-')?;
        Some(Place { at: Timestamp(at.parse().ok()?), id: id.parse().ok()? })
    }
}
