//! Changes of many records that can be taken back for seven days: imports, bulk edits, merges.
//!
//! Whoever makes such a change begins one here, hands in the image of each record before it is touched, and
//! the ids of what it makes, in the same transaction as the change itself. Taking it back restores every
//! record that nobody changed since; the others keep what they hold now, and are counted.

pub mod api;
pub mod data_map;
pub mod jobs;
pub mod pages;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::id::{ChangeId, MemberId};
use crate::people::record::Object;
use crate::permission::words;

pub use service::{Change, begin};

/// How long a change can be taken back (promises.md, section 9: images expire with it).
pub const KEPT: i64 = 7 * Timestamp::DAY;

words! {
    /// What made a change.
    Kind {
        Import = "import",
        Bulk = "bulk",
        Merge = "merge",
    }
}

words! {
    /// Where a change stands.
    State {
        /// It has happened, and can be taken back.
        Done = "done",
        /// It is being taken back, batch by batch.
        Undoing = "undoing",
        Undone = "undone",
    }
}

words! {
    /// What a change makes besides touching records.
    Made {
        Contact = "contact",
        Company = "company",
        Note = "note",
        /// Goes only when nothing carries it; it counts as no record.
        Tag = "tag",
        /// Of a field. Goes only when no record has it and the field does not begin with it; counts as no record.
        Choice = "choice",
    }
}

/// A change as its page and the API tell it.
#[derive(Debug, Clone)]
pub struct Told {
    pub id: ChangeId,
    pub version: i64,
    pub kind: Kind,
    /// A word of the kind's own: `tag`, `archive`, …
    pub what: String,
    pub object: Object,
    pub state: State,
    pub records: i64,
    pub restored: i64,
    pub kept: i64,
    pub created_by: Option<MemberId>,
    pub created_at: Timestamp,
    pub undone_by: Option<MemberId>,
    pub undone_at: Option<Timestamp>,
}

impl Told {
    /// The last moment at which it can be taken back.
    pub fn until(&self) -> Timestamp {
        self.created_at.plus(KEPT)
    }
}
