//! Lets old entries go (P-111): always the oldest ones without a gap, and never in silence.
//!
//! The entry that a purge writes names the last number that went and the hash there. It stands in the chain itself,
//! so a log that begins later than 1 either says so or was cut by somebody else.

use super::{Event, record, store};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;

/// What the entry of a purge is called.
pub(super) const PURGED: &str = "privacy.audit.purged";

/// Lets at most `most` entries from before `before` go; says how many went. `held` is the condition for entries that
/// must stay.
///
/// Stops at the first entry that is younger or held, even when older ones follow it because a clock was wrong: what
/// is left must be one run.
pub fn purge(tx: &Tx, before: Timestamp, held: &str, most: i64) -> Result<usize, Error> {
    let Some((through, head)) = store::old_prefix(tx, before, held, most)? else { return Ok(0) };
    let entries = store::count_through(tx, through)?;
    let event = Event::new(PURGED).detail("through", through).detail("entries", entries);
    // Before they go, so that even a log of old entries alone is gone on with.
    record(tx, event.detail("head", data_encoding::HEXLOWER.encode(&head)))?;
    store::drop_prefix(tx, through)
}

/// True when [`purge`] would let something go.
pub fn is_due(db: &Db, before: Timestamp, held: &str) -> Result<bool, Error> {
    Ok(store::old_prefix(db, before, held, 1)?.is_some())
}

/// Empties the personal part of at most `most` entries from before `before` that must stay because a held one came
/// before them; says how many there were. The chain holds without it.
pub fn empty(tx: &Tx, before: Timestamp, held: &str, most: i64) -> Result<usize, Error> {
    let emptied = store::forget_old(tx, before, held, most)?;
    if emptied > 0 {
        record(tx, Event::new("privacy.audit.emptied").detail("entries", emptied))?;
    }
    Ok(emptied)
}

/// True when [`empty`] would empty something.
pub fn has_old_names(db: &Db, before: Timestamp, held: &str) -> Result<bool, Error> {
    store::has_old_names(db, before, held)
}
