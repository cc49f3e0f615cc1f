//! What members write down about a person or a company. The person can ask to read it.

pub mod api;
pub mod pages;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::id::{MemberId, NoteId};

use super::mentions::{self, Unclear};
use super::record::Record;
use crate::module::NamedMembers;

/// Notes name members by marks.
pub const NAMED: NamedMembers = NamedMembers { table: "notes", column: "body", moved: mentions::moved };

/// A note as it is.
#[derive(Debug, Clone)]
pub struct Note {
    pub id: NoteId,
    pub version: i64,
    pub on: Record,
    /// With marks in place of mentions: show it by `mentions::segments` or `mentions::plain`.
    pub body: String,
    pub author: Option<MemberId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A note that was saved, and what there is to say about whom it names.
#[derive(Debug)]
pub struct Written {
    pub id: NoteId,
    /// What stands after an @ and is no mention.
    pub unclear: Vec<Unclear>,
    /// Who is named and may not see the record, so was not told.
    pub blind: Vec<MemberId>,
}

impl Written {
    /// Where its author goes on: to the record, which says what became of the mentions when that is not plain.
    pub fn path(&self, on: Record) -> String {
        match self.unclear.is_empty() {
            true => on.path(),
            false => format!("{}?note={}", on.path(), self.id),
        }
    }
}
