//! A copy of a file as it was at one moment, taken while others go on writing.
//!
//! The file changes only when its log is folded in. So the log is folded in once, while nobody writes, and not again
//! until the copy is through: writers go on, into the log alone (keys-and-backups 3.6).

use std::os::unix::fs::FileExt;
use std::sync::MutexGuard;
use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::{CHECKPOINT_BYTES, DbFile};
use crate::error::Error;

/// What is read at once.
const PART: usize = 1024 * 1024;

impl DbFile {
    /// Hands the file to `part`, piece by piece, as it lies on the disk: encrypted under its own key. Everything that
    /// was committed before the call is in it. `begun` is called at the moment that it holds, while nobody writes.
    ///
    /// Fails with [`Error::Unavailable`] when a reader or the keeper of the log holds it; it can be asked again.
    pub fn snapshot(
        &self,
        begun: &mut dyn FnMut() -> Result<(), Error>,
        part: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let writer = self.lock_writer();
        let _folding = self.lock_folding();
        if !self.fold_held(&writer)? {
            let reason = self.keeping.refused().unwrap_or_else(|| "a long read holds the file".into());
            return Err(Error::Unavailable(format!("{reason}; it is tried again")));
        }
        begun()?;
        let length = self.main.metadata()?.len();
        drop(writer);
        let mut buffer = vec![0; PART];
        let mut at = 0;
        while at < length {
            let most = usize::try_from(length - at).unwrap_or(PART).min(PART);
            let read = self.main.read_at(&mut buffer[..most], at)?;
            if read == 0 {
                return Err(Error::internal("a database file ended while it was copied"));
            }
            part(&buffer[..read])?;
            at += read as u64;
        }
        Ok(length)
    }

    /// Folds everything that waits in the WAL into the file and empties it, so that what was deleted is in neither.
    /// `false` when a reader held it up for seconds; it can be asked again.
    pub fn fold(&self) -> Result<bool, Error> {
        let writer = self.lock_writer();
        let _folding = self.lock_folding();
        self.fold_held(&writer)
    }

    /// Folds the WAL into the file and empties it. A busy reader or a snapshot only postpones it.
    pub(in crate::db) fn checkpoint(&self, writer: &Connection) -> Result<(), Error> {
        if let Ok(_folding) = self.folding.try_lock() {
            self.checkpoint_held(writer)?;
        }
        self.checkpoint_at.store(self.wal.waiting() + CHECKPOINT_BYTES as i64, Ordering::Relaxed);
        Ok(())
    }

    /// The same, for who holds `folding`.
    fn checkpoint_held(&self, writer: &Connection) -> Result<(), Error> {
        if !self.may_fold() {
            return Ok(());
        }
        writer.busy_timeout(std::time::Duration::from_millis(50))?;
        let busy: i64 = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        writer.busy_timeout(std::time::Duration::from_secs(5))?;
        if busy == 0 {
            self.wal.emptied(CHECKPOINT_BYTES);
        }
        Ok(())
    }

    /// Folds the log into the file and empties it, so that bytes which were deleted are nowhere any more. A reader
    /// that is busy for long puts it off to a later write.
    pub fn empty_log(&self) -> Result<(), Error> {
        self.checkpoint(&self.lock_writer())
    }

    pub(super) fn fold_held(&self, writer: &Connection) -> Result<bool, Error> {
        const TRIES: usize = 100;
        for _ in 0..TRIES {
            self.checkpoint_held(writer)?;
            if self.keeping.refused().is_some() {
                return Ok(false);
            }
            if self.wal.waiting() == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn lock_folding(&self) -> MutexGuard<'_, ()> {
        self.folding.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicI64;

    use super::*;
    use crate::clock::Timestamp;
    use crate::db::open::RawKey;
    use crate::db::{Actor, Origin};

    #[test]
    fn a_copy_holds_one_moment_while_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let key = RawKey::new(format!("x'{}'", "5a".repeat(32)));
        let open =
            |name: &str| DbFile::open(&folder.path().join(name), key.clone(), Arc::new(AtomicI64::new(512))).unwrap();
        let file = open("data.db");
        let write = |sql: &str| {
            file.write_unaudited(Timestamp(0), &Origin::local(Actor::CommandLine), |tx| tx.execute(sql, &[])).unwrap();
        };
        write("CREATE TABLE t (b BLOB) STRICT");
        for _ in 0..40 {
            write("INSERT INTO t VALUES (randomblob(100000))");
        }
        let mut copied = Vec::new();
        file.snapshot(&mut || Ok(()), &mut |part| {
            copied.extend_from_slice(part);
            // Far more than what calls for a checkpoint.
            (0..30).for_each(|_| write("INSERT INTO t VALUES (randomblob(100000))"));
            assert!(file.waiting_bytes() > 0, "nothing is folded in while the copy is taken");
            Ok(())
        })
        .unwrap();
        std::fs::write(folder.path().join("copy.db"), &copied).unwrap();
        let rows = |file: &DbFile| file.read(Timestamp(0), |db| db.count("SELECT count(*) FROM t", &[])).unwrap();
        let copy = open("copy.db");
        assert_eq!(rows(&copy), 40);
        assert!(copy.read(Timestamp(0), crate::db::check_pages).unwrap().is_empty());
        assert!(rows(&file) > 40);
        write("INSERT INTO t VALUES (randomblob(100000))");
        assert!(file.fold().unwrap(), "afterwards the log is folded in as ever");
    }
}
