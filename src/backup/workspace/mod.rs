//! One workspace back to an earlier moment, by its owner: as a workspace of its own, or in the place of what is there
//! (keys-and-backups 2.8, 3.8).
//!
//! ```text
//! asked ─► working ─┬─► done: a new workspace           its row is the last thing that is made
//!                   └─► switching ─► done: in place     one rename decides; the state before it stays for a week
//! ```
//!
//! The state of that moment is unpacked into `restoring/` inside the workspace's folder, beside what is served. There
//! it keeps every promise made since then, before anybody can open it. A crash leaves the old state or the new one:
//! the next start looks whether the file was renamed.

pub mod api;
mod as_new;
pub mod data_map;
mod in_place;
pub mod jobs;
pub(super) mod live;
pub mod pages;
pub mod service;
mod settle;
mod stage;
mod store;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{MemberId, WorkspaceId};
use crate::permission::words;

pub use service::{NewRestore, ask, cancel, find, list, needs_key, release};
pub use settle::resume;

/// The state that was put aside stays so long.
pub const QUARANTINE_MS: i64 = 7 * Timestamp::DAY;

words! {
    /// Where the state of that moment goes.
    Into {
        /// A workspace of its own. What is there stays as it is.
        New = "new",
        /// In the place of what is there, which is put aside.
        InPlace = "in_place",
    }
}

words! {
    /// How far a restore is.
    State {
        Asked = "asked",
        Working = "working",
        /// The old state is put aside; the rename comes next.
        Switching = "switching",
        Done = "done",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

/// A restore as it stands.
#[derive(Debug, Clone)]
pub struct Restore {
    pub id: i64,
    pub workspace: WorkspaceId,
    pub into: Into,
    /// The moment that is wanted.
    pub until: Timestamp,
    /// The restore whose put-aside state is wanted, instead of a backup.
    pub from_restore: Option<i64>,
    pub new_name: String,
    pub new_slug: String,
    /// The workspace that was made.
    pub into_id: Option<WorkspaceId>,
    pub asked_by: MemberId,
    pub asked_at: Timestamp,
    pub state: State,
    pub cancel_asked: bool,
    pub progress: String,
    pub error: String,
    pub report: Option<Report>,
    pub finished_at: Option<Timestamp>,
    /// The version of the key under which the state before lies.
    pub quarantine_key: Option<u32>,
    pub quarantine_until: Option<Timestamp>,
    pub quarantine_gone_at: Option<Timestamp>,
}

impl Restore {
    /// True until it has come to an end.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Asked | State::Working | State::Switching)
    }

    /// Whether the state before it can be brought back now.
    pub fn has_quarantine(&self, now: Timestamp) -> bool {
        self.quarantine_gone_at.is_none() && self.quarantine_until.is_some_and(|until| now < until)
    }
}

/// What a restore did, in numbers: it names nobody.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The moment that the file holds; not later than what was asked for.
    pub at: String,
    /// The backup it came from; none for a state that was put aside.
    pub backup: Option<u64>,
    pub files: usize,
    /// Promises since that moment that were kept again, by their word in the ledger.
    pub kept_again: std::collections::BTreeMap<String, usize>,
    /// Erasures that a legal hold of that moment keeps waiting.
    pub erasures_held: usize,
    /// Addresses and legal holds that only the state before knew, and that stay.
    pub suppressions_kept: usize,
    pub holds_kept: usize,
    /// Requests of people about their data that were made or went on since then, and go on.
    #[serde(default)]
    pub requests_kept: usize,
    /// People who were marked as children since then, and stay so.
    #[serde(default)]
    pub minors_kept: usize,
    /// The audit log went on without a break; else it ends at that moment, since the state before could not be read.
    pub log_kept: bool,
    /// Sessions, tokens, invitations and links that are dead now.
    pub ended: usize,
}

/// Where a restore works: inside the workspace's folder, so that the rename stays on one disk.
fn staging(folder: &Path) -> PathBuf {
    folder.join("restoring")
}

/// Where the state before a restore lies.
fn quarantine(data: &Path, restore: &Restore) -> PathBuf {
    let day = restore.asked_at.rfc3339();
    data.join("quarantine").join(format!("{}-{}", &day[..10], restore.id))
}
