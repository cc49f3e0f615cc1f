//! The same edit on many records: those ticked in a list, or everything the list holds.
//!
//! A job works in batches. Each batch and how far it is are one transaction, so an edit that is cut short goes
//! on where it was; it can be stopped, and taken back for seven days.

pub mod api;
pub mod data_map;
pub mod edit;
pub mod jobs;
pub mod pages;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::id::{BulkEditId, ChangeId, MemberId};
use crate::people::record::Object;
use crate::permission::words;

pub use edit::Edit;

/// Records of one edit; as many as a large workspace has.
pub const MOST: usize = 1_000_000;

words! {
    /// What is done to each record.
    Verb {
        Tag = "tag",
        Untag = "untag",
        Assign = "assign",
        Archive = "archive",
        Unarchive = "unarchive",
        Delete = "delete",
        /// Puts a value into a field.
        Set = "set",
    }
}

words! {
    /// Where an edit stands.
    State {
        Running = "running",
        Done = "done",
        Cancelled = "cancelled",
    }
}

/// An edit and how far it is.
#[derive(Debug, Clone)]
pub struct BulkEdit {
    pub id: BulkEditId,
    pub object: Object,
    pub edit: Edit,
    pub state: State,
    pub total: i64,
    pub done: i64,
    pub changed: i64,
    pub left_out: i64,
    /// The rule that a record broke last, in words.
    pub fault: String,
    pub change: Option<ChangeId>,
    pub created_by: Option<MemberId>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    access: crate::people::record::Access,
}
