//! What of the state in service must not go backwards with the rest: who must not be written to, what a hold keeps,
//! which numbers were given, what was done, what people asked about their data, and who is a child.

mod store;

use crate::clock::Timestamp;
use crate::db::{DbFile, Origin};
use crate::error::Error;

/// What was carried over.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kept {
    pub suppressions: usize,
    pub holds: usize,
    /// Requests of people about their data that were made or went on since then.
    pub requests: usize,
    pub minors: usize,
    pub log: bool,
}

/// Carries it from the file in service into the one that came back. `with_log`: the audit log goes on where it is,
/// since this is the same workspace; it stays as it was when it is no continuation of the restored one.
pub fn keep(live: &DbFile, staged: &DbFile, now: Timestamp, origin: &Origin, with_log: bool) -> Result<Kept, Error> {
    live.read(now, |from| {
        staged.write_unaudited(now, origin, |to| {
            let log = with_log && store::continues(from, to)?;
            if log {
                store::replace_log(from, to)?;
            }
            store::raise_counters(from, to)?;
            // A copy beside this workspace answers nobody: their requests go on here.
            let requests = if with_log { store::take_requests(from, to)? } else { 0 };
            Ok(Kept {
                suppressions: store::add_suppressions(from, to)?,
                holds: store::take_holds(from, to)?,
                requests,
                minors: store::take_minors(from, to)?,
                log,
            })
        })
    })
}
