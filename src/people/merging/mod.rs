//! Two records that are one: finding them, and making one of them.
//!
//! Merging keeps one record and lets the other go into it: addresses and tags are added together, every other
//! field is a choice, and all that hung on the other hangs on the one that stays. For seven days it can be
//! taken apart again.

pub mod api;
mod companies;
mod contacts;
pub mod data_map;
pub mod finding;
pub mod jobs;
pub mod likeness;
pub mod pages;
pub mod service;
mod side;
mod store;

use crate::clock::Timestamp;
use crate::id::{CandidateId, MemberId};
use crate::permission::words;

use super::record::{Object, Record};

pub use service::successor;

words! {
    /// Why two records may be the same.
    Reason {
        SameName = "same_name",
        CloseName = "close_name",
        SameCompany = "same_company",
        SameDomain = "same_domain",
        SameAddress = "same_address",
        SamePhone = "same_phone",
    }
}

impl Reason {
    pub fn label(self) -> &'static str {
        match self {
            Reason::SameName => "Same name",
            Reason::CloseName => "Name a slip apart",
            Reason::SameCompany => "Same company",
            Reason::SameDomain => "Same domain",
            Reason::SameAddress => "Same email address",
            Reason::SamePhone => "Same phone number",
        }
    }
}

/// Two records that may be the same.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub id: CandidateId,
    pub object: Object,
    /// The older record.
    pub one: i64,
    pub other: i64,
    /// How sure, from 0 to 100.
    pub score: i64,
    pub reasons: Vec<Reason>,
    pub found_at: Timestamp,
}

/// A record as a list of pairs names it.
#[derive(Debug, Clone)]
pub struct Brief {
    pub id: i64,
    pub name: String,
    /// What tells two of one name apart: company and address, or domain.
    pub more: String,
    pub owner: Option<MemberId>,
}

/// One of two records side by side.
#[derive(Debug, Clone)]
pub struct Beside {
    pub record: Record,
    pub version: i64,
    pub name: String,
    pub owner: Option<MemberId>,
    /// Addresses, numbers and tags, which are added together.
    pub more: Vec<String>,
    pub added: Timestamp,
}

/// One line of two records side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name of the API; `custom/key` for a field of the workspace's own.
    pub field: String,
    pub label: String,
    pub one: String,
    pub other: String,
}

impl Pair {
    /// There is something to choose.
    pub fn differs(&self) -> bool {
        self.one != self.other
    }
}
