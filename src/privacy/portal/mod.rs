//! The portal: somebody without an account shows that an address is theirs, sees all that is held about them, and
//! uses their rights by themselves (M11, GDPR Art. 12(2)).
//!
//! Nobody learns here whether somebody is known: every address gets a code, and only whoever reads it sees what,
//! or that nothing, is held. A code on paper does the same for people without email and sites without a connection.

pub mod data_map;
pub mod door;
pub mod printed;
pub mod room;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Error;

/// A mailed code works for this long.
const CODE_MS: i64 = 10 * Timestamp::MINUTE;
/// A visit lasts this long once the code has come back.
const VISIT_MS: i64 = 30 * Timestamp::MINUTE;
/// A code on paper works for this long.
const PRINTED_MS: i64 = 14 * Timestamp::DAY;

/// After an import: codes and visits of another installation open nothing here.
pub fn arrived(tx: &Tx) -> Result<(), Error> {
    store::forget_all(tx)
}

/// Somebody who has shown who they are.
#[derive(Debug, Clone)]
pub struct Visit {
    pub id: i64,
    /// The address that the code went to; empty with a code on paper.
    pub address: String,
    /// The kind and the id that a code on paper was made for.
    pub person: Option<(String, i64)>,
    pub expires_at: Timestamp,
}
