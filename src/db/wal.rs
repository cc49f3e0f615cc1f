//! The write-ahead log beside a file: how much of it waits, and room for what comes next.

use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::Connection;

use super::open::PAGE_SIZE;
use super::sidecar;
use crate::clock::{Clock, Timestamp};
use crate::error::Error;

/// A frame is a page and its heading; the log itself has one too.
const FRAME_BYTES: i64 = PAGE_SIZE + 24;
const HEADING_BYTES: i64 = 32;
/// Commits between two checkpoints from which on the log gets its room in advance. Imports commit rarely
/// and much, and gain nothing.
const OFTEN: i64 = 8;

/// Beside a file whose log is shipped: how far.
pub(super) const MARK: &str = "-shipped";

/// A commit as the writer heard of it.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// The frame that ends it.
    pub frame: u32,
    pub at: Timestamp,
}

/// What one file's log holds, as its writer hears of it.
pub struct Wal {
    path: PathBuf,
    mark: PathBuf,
    /// The last committed frame that is on the disk, as far as the writer heard; 0 when the log is empty.
    committed: AtomicU32,
    /// Somebody ships the log and wants to know when each commit was.
    is_listened_to: AtomicBool,
    heard: Mutex<VecDeque<Heard>>,
    /// Bytes that no checkpoint has folded into the file. Not the length of the log: that includes its room.
    waiting: AtomicI64,
    commits: AtomicI64,
    /// Commits since the file was opened.
    generation: AtomicI64,
}

impl Wal {
    /// Hears of every commit of `writer` from now on.
    pub(super) fn watch(file: &Path, writer: &mut Connection) -> Result<Arc<Wal>, Error> {
        let path = sidecar(file, "-wal");
        let left = std::fs::metadata(&path).map_or(0, |meta| i64::try_from(meta.len()).unwrap_or(i64::MAX));
        let wal = Arc::new(Wal {
            path,
            mark: sidecar(file, MARK),
            committed: AtomicU32::new(0),
            is_listened_to: AtomicBool::new(false),
            heard: Mutex::default(),
            waiting: AtomicI64::new(left),
            commits: AtomicI64::new(0),
            generation: AtomicI64::new(0),
        });
        let heard = wal.clone();
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, frames: std::ffi::c_int| {
            heard.waiting.store(HEADING_BYTES + i64::from(frames) * FRAME_BYTES, Ordering::Relaxed);
            heard.commits.fetch_add(1, Ordering::Relaxed);
            heard.generation.fetch_add(1, Ordering::Release);
            heard.note(u32::try_from(frames).unwrap_or(0));
            Ok(())
        }))?;
        Ok(wal)
    }

    /// Commits since the file was opened.
    pub fn generation(&self) -> i64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn waiting(&self) -> i64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Where the log lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is written down how far the log was shipped.
    pub fn mark(&self) -> &Path {
        &self.mark
    }

    /// The last frame of the last commit; 0 when nothing was committed since the log was emptied.
    pub fn committed(&self) -> u32 {
        self.committed.load(Ordering::Acquire)
    }

    /// Says what a look into the log found that an earlier process left, unless something was committed since.
    pub fn found(&self, committed: u32) {
        let _ = self.committed.compare_exchange(0, committed, Ordering::AcqRel, Ordering::Acquire);
    }

    /// From now on the moment of each commit is kept until it is asked for, or not any more.
    pub fn listen(&self, is_listened_to: bool) {
        self.is_listened_to.store(is_listened_to, Ordering::Relaxed);
        self.lock_heard().clear();
    }

    /// When commits up to this frame were, the oldest first.
    pub fn heard(&self, last: u32) -> Vec<Heard> {
        self.lock_heard().iter().take_while(|one| one.frame <= last).copied().collect()
    }

    /// They are told no more: what they ended is shipped.
    pub fn forget_heard(&self, last: u32) {
        let mut heard = self.lock_heard();
        let told = heard.iter().take_while(|one| one.frame <= last).count();
        heard.drain(..told);
    }

    /// When the oldest commit was that is not shipped.
    pub fn oldest_heard(&self) -> Option<Timestamp> {
        self.lock_heard().front().map(|one| one.at)
    }

    fn note(&self, frame: u32) {
        if self.is_listened_to.load(Ordering::Relaxed) {
            self.lock_heard().push_back(Heard { frame, at: Clock.now() });
        }
        self.committed.store(frame, Ordering::Release);
    }

    fn lock_heard(&self) -> MutexGuard<'_, VecDeque<Heard>> {
        self.heard.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// For who folds the log in without shipping it: nobody may take the file for what was shipped.
    pub fn unmark(&self) -> std::io::Result<()> {
        match std::fs::remove_file(&self.mark) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(source),
            _ => Ok(()),
        }
    }

    /// After a checkpoint that has emptied the log. Call it before the writer may go on.
    ///
    /// Where commits are small and many, the log gets `room` bytes of zeros: a commit that makes a file
    /// longer waits for the file system's own journal as well, one that writes into it does not (several
    /// milliseconds each on ext4). SQLite reads zeros as an empty log. The zeros reach the disk with the
    /// next commit, so nothing is flushed here.
    pub(super) fn emptied(&self, room: u64) {
        self.waiting.store(0, Ordering::Relaxed);
        self.committed.store(0, Ordering::Release);
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
