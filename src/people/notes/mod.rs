//! What members write down about a person or a company. The person can ask to read it.

pub mod api;
pub mod pages;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::id::{MemberId, NoteId};

use super::record::Record;

/// A note as it is.
#[derive(Debug, Clone)]
pub struct Note {
    pub id: NoteId,
    pub version: i64,
    pub on: Record,
    pub body: String,
    pub author: Option<MemberId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
