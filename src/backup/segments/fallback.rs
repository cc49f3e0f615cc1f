//! What stands in for segments while a file is on no line: a whole base, verified by itself, at once and again after
//! it was changed. And when a line is given up whose folder cannot be written.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::Target;
use crate::clock::Stopwatch;
use crate::error::Error;
use crate::failpoint;

/// A place on no line gets no base more often than this.
const BASE_EVERY_MS: i64 = 15 * 60 * 1_000;
/// So long the folder of segments may be out of reach, while the one beside it is not, before the line ends.
const GIVE_UP_AFTER_MS: i64 = 15 * 60 * 1_000;
/// No base was made yet.
const NEVER: i64 = -1;

/// How long it takes at least from one base of a place on no line to the next.
pub(super) fn base_every() -> Duration {
    bound("HOLDFAST_TEST_BASE_EVERY_MS", BASE_EVERY_MS)
}

fn bound(name: &str, usual: i64) -> Duration {
    Duration::from_millis(failpoint::number(name).unwrap_or(usual).cast_unsigned())
}

/// Whether a file wants a base, told by the generation of the file that the newest one holds.
#[derive(Debug)]
pub(super) struct Wanted {
    is_wanted: AtomicBool,
    begun: AtomicI64,
    held: AtomicI64,
}

impl Wanted {
    pub(super) fn new(is_wanted: bool) -> Wanted {
        Wanted { is_wanted: AtomicBool::new(is_wanted), begun: AtomicI64::new(NEVER), held: AtomicI64::new(NEVER) }
    }

    /// A line has ended.
    pub(super) fn begin(&self) {
        self.held.store(NEVER, Ordering::Relaxed);
        self.is_wanted.store(true, Ordering::Relaxed);
    }

    /// A base is being made that holds this generation.
    pub(super) fn base_begins(&self, generation: i64) {
        self.begun.store(generation, Ordering::Relaxed);
    }

    /// That base was verified; with a line, none is wanted any more.
    pub(super) fn base_is_verified(&self, has_line: bool) {
        self.held.store(self.begun.load(Ordering::Relaxed), Ordering::Relaxed);
        if has_line {
            self.is_wanted.store(false, Ordering::Relaxed);
        }
    }

    /// A base would hold something that none holds yet.
    pub(super) fn stands(&self, generation: i64) -> bool {
        self.is_wanted.load(Ordering::Relaxed) && self.held.load(Ordering::Relaxed) != generation
    }
}

/// For how long shipping has failed.
#[derive(Debug, Default)]
pub(super) struct Failing(Mutex<Option<Stopwatch>>);

impl Failing {
    pub(super) fn is_over(&self) {
        *self.lock() = None;
    }

    /// It failed once more. Gives why the line has to end: bases can be made, and segments could not for long.
    pub(super) fn again(&self, target: &Target, error: &Error) -> Option<String> {
        let since = *self.lock().get_or_insert_with(Stopwatch::start);
        let is_long = since.elapsed() >= bound("HOLDFAST_TEST_GIVE_UP_MS", GIVE_UP_AFTER_MS);
        (is_long && is_beside_writable(target))
            .then(|| format!("segments cannot be written, whole copies can: {error}"))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Stopwatch>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Whether a base could be written: on a full or absent disk it could not either, and the line is better kept.
fn is_beside_writable(target: &Target) -> bool {
    let probe = target.folder.data(target.place).join("probe.part");
    let block = [0; 64 * 1024];
    let written = target.folder.refuse_gone().is_ok() && std::fs::write(&probe, block).is_ok();
    let _ = std::fs::remove_file(&probe);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_wanted_until_one_holds_what_there_is() {
        let wanted = Wanted::new(true);
        assert!(wanted.stands(0));
        // Changed once more while the base was made.
        wanted.base_begins(4);
        assert!(wanted.stands(4), "nobody has verified it");
        wanted.base_is_verified(false);
        assert!(!wanted.stands(4) && wanted.stands(5));
        wanted.base_begins(5);
        wanted.base_is_verified(true);
        assert!(!wanted.stands(5) && !wanted.stands(6), "a line holds the rest");
        wanted.begin();
        assert!(wanted.stands(6) && wanted.stands(5));
        assert!(!Wanted::new(false).stands(0));
    }
}
