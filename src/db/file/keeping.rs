//! Who keeps the log of a file from being folded in before it is somewhere else too (keys-and-backups 3.5).
//!
//! Without a keeper the log is folded in as it suits the file, and the mark beside it goes, which says otherwise.

use std::sync::{Arc, Mutex, OnceLock};

use rusqlite::Connection;

use super::DbFile;
use crate::db::Wal;
use crate::error::Error;
use crate::failpoint;

/// The log of a file grows to this at most while nothing may be folded; then the file takes no more changes.
const LOG_LIMIT: i64 = 256 * 1024 * 1024;

/// Asked with the writer held, so that nobody commits meanwhile. What waits in the log may be folded in once this
/// returned without an error.
pub(crate) type Keeper = Box<dyn Fn() -> Result<(), Error> + Send + Sync>;

/// The keeper of one file, and what it said last.
#[derive(Default)]
pub(super) struct Keeping {
    keeper: OnceLock<Keeper>,
    /// Why it did not let the log be folded in.
    refused: Mutex<Option<String>>,
}

impl Keeping {
    pub(super) fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    fn set_refused(&self, words: Option<String>) {
        *self.refused.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = words;
    }
}

impl DbFile {
    /// Says who keeps the log. Once, before anything is written; others wait until `make` is through.
    pub fn keep_log(&self, make: impl FnOnce(&Arc<Wal>) -> Keeper) {
        self.keeping.keeper.get_or_init(|| make(&self.wal));
    }

    /// Whether somebody keeps the log already.
    pub fn is_kept(&self) -> bool {
        self.keeping.keeper.get().is_some()
    }

    /// Asks the keeper. The caller holds the writer.
    pub(super) fn may_fold(&self) -> bool {
        let asked = match self.keeping.keeper.get() {
            Some(keeper) => keeper(),
            None if self.wal.waiting() == 0 => Ok(()),
            None => self.wal.unmark().map_err(Error::from),
        };
        let refused = asked.err().map(|error| match error {
            Error::Internal(source) => source.to_string(),
            error => error.to_string(),
        });
        if let Some(words) = &refused
            && self.keeping.refused().as_ref() != Some(words)
        {
            tracing::warn!(words, "the log of a database is kept: it cannot be shipped to the backup folder");
        }
        let may = refused.is_none();
        self.keeping.set_refused(refused);
        may
    }

    /// Fails when the log has grown to its limit and still cannot be folded: better no change than a full disk.
    pub(super) fn refuse_overgrown(&self, writer: &Connection) -> Result<(), Error> {
        self.refuse_longer_than(failpoint::number("HOLDFAST_TEST_LOG_LIMIT").unwrap_or(LOG_LIMIT), writer)
    }

    fn refuse_longer_than(&self, limit: i64, writer: &Connection) -> Result<(), Error> {
        if self.wal.waiting() < limit {
            return Ok(());
        }
        self.checkpoint(writer)?;
        if self.wal.waiting() < limit {
            return Ok(());
        }
        let words = match self.keeping.refused() {
            Some(words) => format!("what changed last waits to be backed up. {words}"),
            None => "somebody has been reading for long; try again in a moment.".into(),
        };
        Err(Error::Unavailable(format!("Nothing can be changed now, and nothing is lost: {words}")))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use super::*;
    use crate::clock::Timestamp;
    use crate::db::open::RawKey;
    use crate::db::{Actor, Origin};

    /// T-K: the log of a file is bounded while somebody reads on and on, and folded in as soon as they are through.
    #[test]
    fn a_read_without_end_holds_changes_up_before_the_log_has_no_end() {
        const LIMIT: i64 = 1024 * 1024;
        let folder = tempfile::tempdir().unwrap();
        let key = RawKey::new(format!("x'{}'", "5a".repeat(32)));
        let file = DbFile::open(&folder.path().join("data.db"), key, Arc::new(AtomicI64::new(512))).unwrap();
        let write = |sql: &str| {
            file.write_unaudited(Timestamp(0), &Origin::local(Actor::CommandLine), |tx| tx.execute(sql, &[])).unwrap();
        };
        write("CREATE TABLE t (b BLOB) STRICT");
        let is_refused = || file.refuse_longer_than(LIMIT, &file.lock_writer());
        file.read(Timestamp(0), |db| {
            assert_eq!(db.count("SELECT count(*) FROM t", &[])?, 0);
            while file.waiting_bytes() < LIMIT {
                is_refused().expect("it is not full yet");
                write("INSERT INTO t VALUES (randomblob(100000))");
            }
            let words = is_refused().expect_err("a longer log").to_string();
            assert!(words.contains("somebody has been reading for long"), "{words}");
            assert_eq!(db.count("SELECT count(*) FROM t", &[])?, 0, "the reader still sees its moment");
            Ok(())
        })
        .unwrap();
        is_refused().expect("the reader is through");
        assert_eq!(file.waiting_bytes(), 0);
    }
}
