//! What members are told: who named them, what was given to them, what they started and is done.
//!
//! [`tell`] is the one way in, called in the transaction of what happened. A notification holds ids and
//! no names; the record is looked up when it is shown, and nobody hears of one they may not see by then.

pub mod api;
pub mod data_map;
pub mod jobs;
pub mod kinds;
mod look;
mod mails;
pub mod pages;
pub mod service;
pub mod settings;
mod store;
#[cfg(test)]
mod tests;

use crate::clock::Timestamp;
use crate::id::{MemberId, NoteId};
use crate::module::{NotificationKind, Target};

pub use service::{take_back, tell};

/// Something to tell a member.
pub struct Notice {
    to: MemberId,
    kind: &'static NotificationKind,
    about: Target,
    note: Option<NoteId>,
}

impl Notice {
    pub fn new(to: MemberId, kind: &'static NotificationKind, about: impl Into<Target>) -> Notice {
        Notice { to, kind, about: about.into(), note: None }
    }

    /// The note on the record's page that it leads to.
    pub fn at_note(self, note: NoteId) -> Notice {
        Notice { note: Some(note), ..self }
    }
}

/// A notification as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub id: i64,
    /// The word of its kind.
    pub kind: String,
    /// The word of a `RecordKind`, and an id.
    pub about: (String, i64),
    pub note: Option<NoteId>,
    /// Who caused it; `None` for a job.
    pub actor: Option<MemberId>,
    /// More than one: about so many records of this kind.
    pub count: i64,
    pub at: Timestamp,
    pub read_at: Option<Timestamp>,
}
