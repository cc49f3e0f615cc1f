//! Deleted records: kept whole for a while, so that a mistake can be mended, then gone.
//!
//! Archiving keeps a record and puts it out of the way. Deleting takes it out of every list, search and export
//! and keeps it here. Erasing, on a person's demand, reaches here too.

pub mod api;
pub mod data_map;
pub mod pages;
pub mod service;
mod store;
pub mod term;

use crate::clock::Timestamp;
use crate::id::{MemberId, TrashId};
use crate::people::record::Record;

/// What the settings of people offer; the rules of retention take any number between.
pub const DAYS: [i64; 4] = [1, 7, 30, 90];

/// A deleted record.
#[derive(Debug, Clone)]
pub struct Trashed {
    pub id: TrashId,
    pub record: Record,
    pub name: String,
    pub owner: Option<MemberId>,
    pub deleted_by: Option<MemberId>,
    pub deleted_at: Timestamp,
}
