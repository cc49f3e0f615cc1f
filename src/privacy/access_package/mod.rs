//! The copy of all that is held of one person: gathered by the data map, sealed, handed out once (GDPR Art. 15, 20).
//!
//! A package is asked for in a transaction ([`build`]), made by a job, and taken once: by a link that needs no
//! account, by a member, or by a program. Whoever answers a request of a person asks with its id; the package then
//! waits for [`service::release`], which comes after the checks of the request (P-095).

pub mod api;
pub(in crate::privacy) mod contents;
pub mod data_map;
pub mod gather;
pub mod html;
pub mod jobs;
pub mod link;
pub mod pages;
mod reading;
mod redact;
pub mod service;
mod store;
pub mod team;
mod writing;

use crate::clock::Timestamp;
use crate::id::{AccessPackageId, MemberId};
use crate::privacy::parcel::{self, Sealed};

pub use crate::privacy::parcel::{LASTS_MS, State};
pub use contents::schema;
pub use service::build;

/// Its place among the sealed files that are handed out once.
pub(in crate::privacy) const KIND: parcel::Kind = parcel::Kind { table: "access_packages", word: "this copy" };

/// A copy of what is held of a person, as its row says.
#[derive(Debug, Clone)]
pub struct AccessPackage {
    pub id: AccessPackageId,
    pub person_kind: String,
    pub person_id: i64,
    /// The request that it answers.
    pub request: Option<i64>,
    pub state: State,
    pub released_at: Option<Timestamp>,
    /// Steps of the build that are done, and how many there are; both 0 before it began.
    pub step: i64,
    pub steps: i64,
    pub items: i64,
    pub files: i64,
    /// Files that could not be read. They are listed in the package.
    pub damaged: i64,
    /// Places where others are named, which are masked.
    pub redacted: i64,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub has_link: bool,
    pub created_by: Option<MemberId>,
    pub created_at: Timestamp,
    pub ready_at: Option<Timestamp>,
    pub taken_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    sealed: Sealed,
}

impl AccessPackage {
    /// Made, released, and its time is not over.
    pub fn is_here(&self, now: Timestamp) -> bool {
        matches!(self.state, State::Ready | State::Taken) && self.released_at.is_some() && self.expires_at > now
    }
}
