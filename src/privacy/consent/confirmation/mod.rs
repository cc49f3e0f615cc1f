//! The second step of a double opt-in: a mail with a link, and a page with a button (P-108).
//!
//! Opening the link changes nothing, because programs that look into mails open links; the button counts. A link works
//! once and for seven days. It is kept nowhere: it follows from its row and a key of the workspace.

pub mod data_map;
mod defaults;
pub mod jobs;
pub mod link;
pub mod pages;
pub mod service;
mod store;
pub mod words;

use crate::clock::Timestamp;
use crate::id::{ConfirmationId, ConsentEventId};

/// A link works for this long.
pub const LINK_DAYS: i64 = 7;
/// Nobody is asked again sooner than this.
pub const ASK_AGAIN_MS: i64 = Timestamp::DAY;

/// One mail that asks for a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    pub id: ConfirmationId,
    /// The yes that is to be confirmed.
    pub event: ConsentEventId,
    pub asked_at: Timestamp,
    pub expires_at: Timestamp,
    pub address_hash: Option<Vec<u8>>,
    pub message_id: String,
    /// Its place in the mail queue.
    pub mail: Option<i64>,
    pub used_at: Option<Timestamp>,
    pub stopped_at: Option<Timestamp>,
}
