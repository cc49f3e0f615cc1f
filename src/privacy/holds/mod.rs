//! Legal holds: what must not go while a matter is open. Retention skips it, erasure keeps exactly that, and nobody
//! can delete or merge it; the release lets everything go on by its old clock.

pub mod api;
pub mod data_map;
mod frozen;
pub mod pages;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::id::{HoldId, MemberId};
use crate::permission::words;

pub use frozen::Frozen;
pub use service::{demand_free, demand_rows_free, of_person};

words! {
    /// What a hold covers.
    Scope {
        /// One record with all that hangs on it, or a single row such as one note.
        Record = "record",
        /// Everything about a person, under every id they ever had.
        Person = "person",
        /// Every row of a table.
        Category = "category",
        Workspace = "workspace",
    }
}

impl Scope {
    pub const fn label(self) -> &'static str {
        match self {
            Scope::Record => "A record",
            Scope::Person => "A person",
            Scope::Category => "A category",
            Scope::Workspace => "The whole workspace",
        }
    }

    /// What it means, where one is chosen.
    pub const fn hint(self) -> &'static str {
        match self {
            Scope::Record => "One company, or a single note or file, and nothing else about the same people.",
            Scope::Person => {
                "Everything about one contact, also what was merged into it. Where others’ records name them is not covered: hold those too, or the whole workspace."
            }
            Scope::Category => "Every row of one kind, such as all deleted records in the trash.",
            Scope::Workspace => {
                "Nothing in this workspace goes by a rule, by hand or by an erasure until the hold is released."
            }
        }
    }
}

/// A hold, in force or released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub id: HoldId,
    pub version: i64,
    pub scope: Scope,
    /// A kind of record or person, or a table for a single row of it. Empty for categories and workspaces.
    pub on_type: String,
    pub on_id: i64,
    /// A table of the data map.
    pub category: String,
    /// The name of the dispute, the inquiry or the claim.
    pub matter: String,
    pub reason: String,
    /// What a person reads about it in the copy of their own data; empty for nothing but that it exists.
    pub told: String,
    pub placed_by: Option<MemberId>,
    pub placed_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub released_by: Option<MemberId>,
    pub released_at: Option<Timestamp>,
    pub release_reason: String,
}

impl Hold {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.released_at.is_none() && self.ends_at.is_none_or(|end| end > now)
    }
}

/// A hold to be placed, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct NewHold {
    pub scope: String,
    pub on_type: String,
    pub on_id: Option<i64>,
    pub category: String,
    pub matter: String,
    pub reason: String,
    pub told: String,
    pub ends_at: Option<Timestamp>,
}
