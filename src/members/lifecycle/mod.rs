//! How a workspace ends: closed and readable, to be deleted, deleted, out of the backups, certified.
//!
//! ```text
//! active ⇄ read_only ──► deleting ──► row gone ──► backups gone ──► copies of its key gone: certificate
//!    ▲        the grace      │ key, files, rows        + 1 day              + 14 days
//!    └───────────────────────┘
//! ```

pub mod api;
pub mod data_map;
pub mod deletion;
pub mod jobs;
pub mod pages;
mod purge;
mod service;
mod store;
mod telling;

use crate::clock::Timestamp;
use crate::id::{MemberId, WorkspaceId};

pub use service::{all, close, find, leaving, reopen, request_deletion};
pub use telling::path_of as page_of;

/// Days that a closed workspace can be read when nobody says otherwise.
pub const CLOSED_DAYS: i64 = 30;
/// Days between the request and the deletion when nobody says otherwise; 30 at most.
pub const GRACE_DAYS: i64 = 7;
pub const LONGEST_GRACE_DAYS: i64 = 30;
/// Without a second owner's word nothing is destroyed before.
const COOL_OFF_MS: i64 = Timestamp::DAY;
/// From the deletion until its backups are removed, and until the last copy of its key is.
const BACKUPS_AFTER_MS: i64 = Timestamp::DAY;
const KEY_COPIES_AFTER_MS: i64 = 14 * Timestamp::DAY;
/// How late a step may be before the installation no longer says that it is well.
const SLACK_MS: i64 = Timestamp::HOUR;
/// Nothing is left after this, counted from the request.
const HARD_LIMIT_MS: i64 = 90 * Timestamp::DAY;

/// Where a workspace stands on its way out.
#[derive(Debug, Clone)]
pub struct End {
    pub workspace: WorkspaceId,
    pub closed_at: Option<Timestamp>,
    pub closed_until: Option<Timestamp>,
    pub requested_at: Option<Timestamp>,
    pub requested_by: Option<MemberId>,
    pub grace_days: i64,
    pub confirmed_at: Option<Timestamp>,
    /// Steps of the purge that are done: 1 key, 2 files, 3 rows.
    pub step: i64,
    pub ring_generation: Option<i64>,
    pub audit_head: Option<Vec<u8>>,
    pub purged_at: Option<Timestamp>,
    pub backups_gone_at: Option<Timestamp>,
    pub key_copies_gone_at: Option<Timestamp>,
    pub certificate: Option<String>,
}

impl End {
    /// When key, files and rows are destroyed; `None` while nobody asked for it.
    pub fn purge_due(&self) -> Option<Timestamp> {
        let requested = self.requested_at?;
        let grace = requested.plus(self.grace_days * Timestamp::DAY);
        Some(if self.confirmed_at.is_some() { grace } else { grace.max(requested.plus(COOL_OFF_MS)) })
    }

    /// Nobody asked for the deletion: the time of the closing was over.
    pub fn ran_out(&self) -> bool {
        self.requested_by.is_none() && self.closed_until.is_some_and(|until| self.requested_at >= Some(until))
    }

    /// Until when only a second owner's word lets anything be destroyed; `None` once one agreed, or nobody asked.
    pub fn cools_off_until(&self) -> Option<Timestamp> {
        self.requested_at.filter(|_| self.confirmed_at.is_none()).map(|requested| requested.plus(COOL_OFF_MS))
    }

    /// When nothing may be left at all, counted from the request.
    pub fn hard_limit(&self) -> Option<Timestamp> {
        Some(self.requested_at?.plus(HARD_LIMIT_MS))
    }

    /// When its backups are removed.
    pub fn backups_due(&self) -> Option<Timestamp> {
        Some(self.purged_at?.plus(BACKUPS_AFTER_MS))
    }

    /// When the last copy of the keyring that holds its key is removed.
    pub fn key_copies_due(&self) -> Option<Timestamp> {
        Some(self.purged_at?.plus(KEY_COPIES_AFTER_MS))
    }

    /// Whether it can still be brought back.
    pub fn can_reopen(&self, now: Timestamp) -> bool {
        self.step == 0 && self.purge_due().is_none_or(|due| now < due)
    }

    /// The step that is late, in words; `None` while all is on time.
    pub fn overdue(&self, now: Timestamp) -> Option<&'static str> {
        let late = |due: Option<Timestamp>| due.is_some_and(|due| now > due.plus(SLACK_MS));
        if self.certificate.is_some() {
            return None;
        }
        if self.requested_at.is_some_and(|requested| now > requested.plus(HARD_LIMIT_MS)) {
            return Some("something is left 90 days after the request");
        }
        if self.requested_at.is_none() {
            return late(self.closed_until).then_some("the end of its closing has passed");
        }
        match self.purged_at {
            None => late(self.purge_due()).then_some("its key, files and rows should be gone"),
            Some(_) if self.backups_gone_at.is_none() && late(self.backups_due()) => Some("its backups should be gone"),
            Some(_) if self.key_copies_gone_at.is_none() && late(self.key_copies_due()) => {
                Some("copies of its key should be gone")
            }
            Some(_) => None,
        }
    }
}
