//! The suppression list: addresses and numbers that must not be used, or not come back, as keyed hashes.
//!
//! Whoever was erased cannot be known by their data any more; the list knows them only when they are offered again.

pub mod data_map;
mod service;
mod store;
#[cfg(test)]
mod tests;

use crate::clock::Timestamp;
use crate::permission::words;

pub use service::{NewEntry, add, add_for, add_pseudonym, find, find_all, lift, lift_erased, lift_for, pseudonym, refuse_erased};

words! {
    /// Why an address or number is on the list.
    Reason {
        Erased = "erased",
        Unsubscribe = "unsubscribe",
        Complaint = "complaint",
        HardBounce = "hard_bounce",
        Objected = "objected",
        Manual = "manual",
        Minor = "minor",
    }
}

impl Reason {
    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Reason::Erased => "Erased on their demand",
            Reason::Unsubscribe => "Unsubscribed",
            Reason::Complaint => "Complained about a mail",
            Reason::HardBounce => "Mails come back",
            Reason::Objected => "Objected",
            Reason::Manual => "Put here by a member",
            Reason::Minor => "Younger than 16",
        }
    }
}

/// One entry. The address itself is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    pub id: i64,
    pub reason: Reason,
    /// A purpose; empty for everything.
    pub scope: String,
    pub at: Timestamp,
}
