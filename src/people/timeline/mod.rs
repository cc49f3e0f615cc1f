//! What happened to a record, newest first: names of fields and of those who acted, never old values.

mod store;
pub mod view;

use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Error;
use crate::id::MemberId;
use crate::people::record::{Record, acting_member};
use crate::permission::words;

pub use store::{of, since_version};

words! {
    /// What happened.
    Kind {
        Changed = "changed",
        Assigned = "assigned",
        Tagged = "tagged",
        Archived = "archived",
        Unarchived = "unarchived",
    }
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    pub kind: Kind,
    /// Names of fields, as the API calls them.
    pub fields: Vec<String>,
    /// The record's version once this had happened.
    pub version: i64,
    pub member: Option<MemberId>,
}

/// Adds a line. That a record came in is not one: the record says so itself.
pub fn add(tx: &Tx, record: Record, kind: Kind, fields: &[&str], version: i64) -> Result<(), Error> {
    store::insert(tx, record, kind, &fields.join(","), version, acting_member(tx.origin))
}
