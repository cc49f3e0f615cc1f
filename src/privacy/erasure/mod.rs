//! Erasing a person on their demand (GDPR Art. 17): what goes is planned, done in one transaction, looked for on the
//! disk, and certified.
//!
//! Which tables are about the person is read from the data map, and what becomes of each column too. Beyond their own
//! rows, what leads to them is looked for in everybody else's. An erasure that was begun is finished by a job, also
//! after a crash: what it needs to know lies sealed in its row until its certificate is written. What a legal hold covers
//! stays, and nothing else; when the hold is released the same erasure goes on with it.

pub mod api;
mod certify;
pub mod copies;
pub mod data_map;
mod destroy;
pub mod elsewhere;
mod faults;
mod finish;
pub mod jobs;
mod keeping;
mod look;
mod mentions;
mod needles;
pub mod pages;
mod plan;
mod scan;
pub mod service;
mod store;
#[cfg(test)]
mod tests;
mod values;

use crate::clock::Timestamp;
use crate::id::{ErasureId, MemberId};
use crate::permission::words;

pub use elsewhere::OthersFile;
pub use keeping::Kept;
pub use needles::MARK;
pub use plan::{Going, Mention, Plan, Staying, in_tables, label};
pub use service::{begin, execute, of_request, plan};

words! {
    /// How far an erasure is.
    State {
        /// Asked for; nothing is gone yet.
        Begun = "begun",
        /// The rows are gone; the disk is still to be looked at.
        Erased = "erased",
        /// Finished but for what legal holds keep; goes on when one is released.
        Held = "held",
        Done = "done",
    }
}

/// One erasure. Names nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    pub id: ErasureId,
    pub person_kind: String,
    pub person_id: i64,
    /// JSON: every id they ever had.
    pub person_ids: String,
    pub subject_hash: String,
    /// The request that it answers.
    pub request: Option<i64>,
    pub state: State,
    pub asked_by: Option<MemberId>,
    pub asked_at: Timestamp,
    pub erased_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// JSON: numbers of the holds that keep it.
    pub held_by: String,
    /// JSON: what was done the last time, by table.
    pub counts: String,
    /// JSON: what legal holds kept then, by table and hold.
    pub kept: String,
    /// JSON: files of others that held a value of theirs.
    pub others_files: String,
    pub sealed_values: Option<Vec<u8>>,
    pub key_version: u32,
    /// The newest signed document: there is one for each time that something went.
    pub certificate: Option<String>,
    pub version: i64,
}
