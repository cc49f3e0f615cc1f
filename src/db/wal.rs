//! The write-ahead log beside a file: how much of it waits, and room for what comes next.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;

use super::open::PAGE_SIZE;
use crate::error::Error;

/// A frame is a page and its heading; the log itself has one too.
const FRAME_BYTES: i64 = PAGE_SIZE + 24;
const HEADING_BYTES: i64 = 32;
/// Commits between two checkpoints from which on the log gets its room in advance. Imports commit rarely
/// and much, and gain nothing.
const OFTEN: i64 = 8;

/// What one file's log holds, as its writer hears of it.
pub(super) struct Wal {
    path: PathBuf,
    /// Bytes that no checkpoint has folded into the file. Not the length of the log: that includes its room.
    waiting: AtomicI64,
    commits: AtomicI64,
    /// Commits since the file was opened.
    generation: AtomicI64,
}

impl Wal {
    /// Hears of every commit of `writer` from now on.
    pub(super) fn watch(file: &Path, writer: &mut Connection) -> Result<Arc<Wal>, Error> {
        let mut name = file.as_os_str().to_owned();
        name.push("-wal");
        let path = PathBuf::from(name);
        let left = std::fs::metadata(&path).map_or(0, |meta| i64::try_from(meta.len()).unwrap_or(i64::MAX));
        let wal = Arc::new(Wal {
            path,
            waiting: AtomicI64::new(left),
            commits: AtomicI64::new(0),
            generation: AtomicI64::new(0),
        });
        let heard = wal.clone();
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, frames: std::ffi::c_int| {
            heard.waiting.store(HEADING_BYTES + i64::from(frames) * FRAME_BYTES, Ordering::Relaxed);
            heard.commits.fetch_add(1, Ordering::Relaxed);
            heard.generation.fetch_add(1, Ordering::Release);
            Ok(())
        }))?;
        Ok(wal)
    }

    pub(super) fn generation(&self) -> i64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn waiting(&self) -> i64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// After a checkpoint that has emptied the log. Call it before the writer may go on.
    ///
    /// Where commits are small and many, the log gets `room` bytes of zeros: a commit that makes a file
    /// longer waits for the file system's own journal as well, one that writes into it does not (several
    /// milliseconds each on ext4). SQLite reads zeros as an empty log. The zeros reach the disk with the
    /// next commit, so nothing is flushed here.
    pub(super) fn emptied(&self, room: u64) {
        self.waiting.store(0, Ordering::Relaxed);
        if self.commits.swap(0, Ordering::Relaxed) >= OFTEN && self.fill(room).is_err() {
            // Without the room commits are only slower; a full disk should have all of it back.
            let _ = std::fs::OpenOptions::new().write(true).open(&self.path).and_then(|log| log.set_len(0));
        }
    }

    fn fill(&self, room: u64) -> std::io::Result<()> {
        // SQLite locks the file and its index, never the log, so this handle may be closed (keys-and-backups F18).
        let mut log = std::fs::OpenOptions::new().write(true).open(&self.path)?;
        std::io::copy(&mut std::io::Read::take(std::io::repeat(0), room), &mut log)?;
        log.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use super::*;
    use crate::clock::Timestamp;
    use crate::db::open::RawKey;
    use crate::db::{Actor, DbFile, Origin};

    fn file(path: &Path) -> DbFile {
        let key = RawKey::new(format!("x'{}'", "5a".repeat(32)));
        DbFile::open(path, key, Arc::new(AtomicI64::new(512))).unwrap()
    }

    fn write(file: &DbFile, sql: &str) {
        file.write_unaudited(Timestamp(0), &Origin::local(Actor::CommandLine), |tx| tx.execute(sql, &[])).unwrap();
    }

    fn rows(file: &DbFile) -> i64 {
        file.read(Timestamp(0), |db| db.count("SELECT count(*) FROM t", &[])).unwrap()
    }

    #[test]
    fn a_log_with_room_is_read_like_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.db");
        let busy = file(&path);
        write(&busy, "CREATE TABLE t (b BLOB) STRICT");
        let log = folder.path().join("data.db-wal");
        let length = || std::fs::metadata(&log).unwrap().len();
        let mut written = 0;
        // Until a checkpoint was due, and a few commits more.
        while written < 30 || busy.waiting_bytes() > 512 * 1024 {
            write(&busy, "INSERT INTO t VALUES (randomblob(100000))");
            written += 1;
            assert!(written < 500, "no checkpoint came");
        }
        write(&busy, "INSERT INTO t VALUES (randomblob(100))");
        assert!(busy.waiting_bytes() > 0);
        assert!(length() >= 4 * 1024 * 1024, "the log kept its room");
        assert_eq!(rows(&busy), written + 1);
        // As a crash would leave it.
        let copy = folder.path().join("copy.db");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::copy(&log, folder.path().join("copy.db-wal")).unwrap();
        assert_eq!(rows(&file(&copy)), written + 1);
        drop(busy);
        assert_eq!(length(), 0, "a clean end leaves an empty log");
    }
}
