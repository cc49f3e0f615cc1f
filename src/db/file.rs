//! One encrypted database file: one writer, a few readers, and the checkpoint between them.

mod apart;
mod keeping;
mod snapshot;

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};

use rusqlite::Connection;

pub(crate) use self::keeping::Keeper;
use self::keeping::Keeping;
use super::open::{self, Purpose, RawKey};
use super::pages;
use super::rollback::Rollback;
use super::wal::Wal;
use super::{Db, Origin, Tx};
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::error::Error;

/// Readers that may be in use at once; more wait. Two cores gain nothing from more.
const READERS: usize = 4;
/// The WAL is folded into the file when it is larger than this.
const CHECKPOINT_BYTES: u64 = 4 * 1024 * 1024;
/// Page cache of a writer, at most: it finds what it needs by a few keys.
const WRITER_KIB: i64 = 8 * 1024;
/// The same while much is written at once: every row touches a page in each of a dozen indexes.
const LARGE_WRITER_KIB: i64 = 64 * 1024;
/// After a full disk, writes start again when this much is free.
const ROOM_NEEDED: u64 = 4 * 1024 * 1024;

/// An open file. Closing (dropping) it checkpoints, so that the WAL it leaves behind is empty.
pub struct DbFile {
    path: PathBuf,
    key: RawKey,
    /// What pseudonyms in this file are made with; none in `control.db`.
    blind_index: OnceLock<Key>,
    writer: Mutex<Connection>,
    wal: Arc<Wal>,
    /// How many works of [`DbFile::write_much`] are under way.
    writes_much: AtomicI64,
    readers: Mutex<Readers>,
    reader_free: Condvar,
    /// KiB of page cache for each reader; shared by all open files and moved as they open and close.
    cache_kib: Arc<AtomicI64>,
    full: AtomicBool,
    /// Rung after the commit of a transaction that asked for it.
    bell: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// WAL size at which the next checkpoint is tried; grows while a long reader holds it up.
    checkpoint_at: AtomicI64,
    /// Held while the log is folded in, and while a snapshot needs the file to stand still. After the writer's lock.
    folding: Mutex<()>,
    keeping: Keeping,
    /// Reads the file past SQLite. Last of the fields: closing it earlier would take SQLite's locks along (F18).
    main: File,
}

#[derive(Default)]
struct Readers {
    idle: Vec<(Connection, i64)>,
    open: usize,
}

impl DbFile {
    /// Opens (or creates) the file; `cache_kib` is the page cache each reader may use.
    pub fn open(path: &Path, key: RawKey, cache_kib: Arc<AtomicI64>) -> Result<DbFile, Error> {
        let mut writer = open::open(path, &key, Purpose::Write)?;
        writer.pragma_update(None, "cache_size", -cache_kib.load(Ordering::Relaxed).min(WRITER_KIB))?;
        Ok(DbFile {
            path: path.to_owned(),
            key,
            blind_index: OnceLock::new(),
            wal: Wal::watch(path, &mut writer)?,
            writes_much: AtomicI64::new(0),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            reader_free: Condvar::new(),
            cache_kib,
            full: AtomicBool::new(false),
            bell: OnceLock::new(),
            checkpoint_at: AtomicI64::new(CHECKPOINT_BYTES as i64),
            folding: Mutex::new(()),
            keeping: Keeping::default(),
            main: File::open(path)?,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Grows with every commit, before the write that made it returns: what was read at one generation still
    /// stands while it is the same.
    pub fn generation(&self) -> i64 {
        self.wal.generation()
    }

    /// Bytes of the file and of what waits in its WAL.
    pub fn size(&self) -> u64 {
        let length = std::fs::metadata(&self.path).map_or(0, |meta| meta.len());
        length + u64::try_from(self.wal.waiting()).unwrap_or(0)
    }

    /// True while the disk is full and writes are refused (DUR-4). Looks at the disk again each time it was.
    pub fn is_full(&self) -> bool {
        if !self.full.load(Ordering::Relaxed) {
            return false;
        }
        let has_room = rustix::fs::statvfs(&self.path).is_ok_and(|stat| stat.f_bavail * stat.f_frsize >= ROOM_NEEDED);
        if has_room {
            self.full.store(false, Ordering::Relaxed);
        }
        !has_room
    }

    /// Runs `work` on one consistent moment of the file.
    pub fn read<T>(&self, now: Timestamp, work: impl FnOnce(&Db) -> Result<T, Error>) -> Result<T, Error> {
        let lease = self.lease()?;
        statement(lease.conn(), "BEGIN")?;
        let result = work(&Db { conn: lease.conn(), now, blind_index: self.blind_index.get() });
        statement(lease.conn(), "COMMIT")?;
        result
    }

    /// Runs `work` in one write transaction. An error rolls everything back.
    ///
    /// Invariant: no change without an audit entry. When rows changed and nothing was recorded
    /// the transaction is rolled back and fails as a bug (AUD-1).
    pub fn write<T>(
        &self,
        now: Timestamp,
        origin: &Origin,
        work: impl FnOnce(&Tx) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.transact(now, origin, true, work)
    }

    /// Like [`DbFile::write`], for machinery that changes nothing a person did or owns:
    /// progress of a job, a queue state, "last seen". Never for people's data.
    pub fn write_unaudited<T>(
        &self,
        now: Timestamp,
        origin: &Origin,
        work: impl FnOnce(&Tx) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.transact(now, origin, false, work)
    }

    fn transact<T>(
        &self,
        now: Timestamp,
        origin: &Origin,
        must_audit: bool,
        work: impl FnOnce(&Tx) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let writer = self.lock_writer();
        if self.is_full() {
            return Err(Error::DiskFull);
        }
        self.refuse_overgrown(&writer)?;
        let result = run(Db { conn: &writer, now, blind_index: self.blind_index.get() }, origin, must_audit, work);
        let (result, rings) = result.map_or_else(|error| (Err(error), false), |(value, rings)| (Ok(value), rings));
        if matches!(result, Err(Error::DiskFull)) {
            self.full.store(true, Ordering::Relaxed);
        }
        if self.wal.waiting() > self.checkpoint_at.load(Ordering::Relaxed) {
            self.checkpoint_after(&writer);
        }
        drop(writer);
        if let Some(bell) = self.bell.get().filter(|_| rings) {
            bell();
        }
        result
    }

    /// What was committed stays committed when its checkpoint fails: the WAL keeps it, and a later one tries again.
    fn checkpoint_after(&self, writer: &Connection) {
        match self.checkpoint(writer) {
            Ok(()) => {}
            Err(Error::DiskFull) => self.full.store(true, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "a checkpoint failed; the next write tries again"),
        }
    }

    /// Runs `work` on the writer connection itself: for migrations, before anything else has the file.
    pub(super) fn with_writer<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        work(&mut self.lock_writer())
    }

    /// Hands every page that lies on the disk to `each`, decrypted: those of the file, free ones too, and those in
    /// its WAL. One at a time, past SQLite, so that nothing it remembers stands between.
    pub fn each_page(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        pages::each(&self.path, &self.key, each)
    }

    /// Says with which key pseudonyms in this file are made. Once; another key is left aside.
    pub(crate) fn set_blind_index(&self, key: impl FnOnce() -> Result<Key, Error>) -> Result<(), Error> {
        if self.blind_index.get().is_none() {
            let _ = self.blind_index.set(key()?);
        }
        Ok(())
    }

    /// The key of pseudonyms in this file; see [`Db::blind_index`].
    pub fn blind_index(&self) -> Result<&Key, Error> {
        self.blind_index.get().ok_or_else(|| Error::internal("a file without a key for pseudonyms"))
    }

    /// Gives this file's connections no more page cache than their share, at once: those that rest would
    /// otherwise keep what they were given when fewer files were open.
    pub(super) fn fit_cache(&self) {
        let cache = self.cache_kib.load(Ordering::Relaxed);
        for (conn, cached) in &mut self.lock_readers().idle {
            if *cached > cache && conn.pragma_update(None, "cache_size", -cache).is_ok() {
                *cached = cache;
            }
        }
        // A writer at work is fitted the next time.
        if let Ok(writer) = self.writer.try_lock() {
            let _ = self.fit_writer(&writer);
        }
    }

    /// What happens after a transaction that called [`Tx::ring_after_commit`]. Once; it must not write itself, since
    /// whoever commits may hold other files.
    pub(crate) fn set_bell(&self, bell: impl Fn() + Send + Sync + 'static) {
        let _ = self.bell.set(Box::new(bell));
    }

    fn fit_writer(&self, writer: &Connection) -> Result<(), Error> {
        let kib = match self.writes_much.load(Ordering::Relaxed) {
            0 => self.cache_kib.load(Ordering::Relaxed).min(WRITER_KIB),
            _ => LARGE_WRITER_KIB,
        };
        Ok(writer.pragma_update(None, "cache_size", -kib)?)
    }

    /// Runs `work`, which is about to write very many rows in many transactions, with a larger page cache for
    /// the writer. What it took goes back afterwards.
    pub fn write_much<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let much = WritesMuch::begin(self)?;
        let result = work();
        drop(much);
        crate::memory::give_back();
        result
    }

    #[cfg(test)]
    pub(super) fn waiting_bytes(&self) -> i64 {
        self.wal.waiting()
    }

    /// A panic inside a write rolled its transaction back, so the connection is still good.
    pub(super) fn lock_writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn lease(&self) -> Result<Lease<'_>, Error> {
        let cache = self.cache_kib.load(Ordering::Relaxed);
        let mut readers = self.lock_readers();
        loop {
            if let Some((conn, cached)) = readers.idle.pop() {
                drop(readers);
                if cached != cache {
                    conn.pragma_update(None, "cache_size", -cache)?;
                }
                return Ok(Lease { file: self, conn: Some(conn), cache });
            }
            if readers.open < READERS {
                readers.open += 1;
                drop(readers);
                return match open::open(&self.path, &self.key, Purpose::Read) {
                    Ok(conn) => {
                        let lease = Lease { file: self, conn: Some(conn), cache };
                        lease.conn().pragma_update(None, "cache_size", -cache)?;
                        Ok(lease)
                    }
                    Err(error) => {
                        self.lock_readers().open -= 1;
                        self.reader_free.notify_one();
                        Err(error)
                    }
                };
            }
            readers = self.reader_free.wait(readers).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    fn lock_readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Counts a work of [`DbFile::write_much`] until it ends, also by a panic.
struct WritesMuch<'a>(&'a DbFile);

impl WritesMuch<'_> {
    fn begin(file: &DbFile) -> Result<WritesMuch<'_>, Error> {
        file.writes_much.fetch_add(1, Ordering::Relaxed);
        let much = WritesMuch(file);
        file.fit_writer(&file.lock_writer())?;
        Ok(much)
    }
}

impl Drop for WritesMuch<'_> {
    fn drop(&mut self) {
        self.0.writes_much.fetch_sub(1, Ordering::Relaxed);
        if let Err(error) = self.0.fit_writer(&self.0.lock_writer()) {
            tracing::warn!(%error, "the writer keeps its large page cache until other workspaces open");
        }
    }
}

/// The transaction itself, without the file's own bookkeeping.
/// The value, and whether the bell is to be rung.
fn run<T>(
    db: Db,
    origin: &Origin,
    must_audit: bool,
    work: impl FnOnce(&Tx) -> Result<T, Error>,
) -> Result<(T, bool), Error> {
    let writer = db.conn;
    statement(writer, "BEGIN IMMEDIATE")?;
    let guard = Rollback(writer);
    let before = writer.total_changes();
    let tx = Tx { db, origin, audited: Cell::new(false), rings: Cell::new(false) };
    let value = work(&tx)?;
    if must_audit && !tx.audited.get() && writer.total_changes() != before {
        return Err(Error::internal("a change without an audit entry was rolled back"));
    }
    statement(writer, "COMMIT")?;
    std::mem::forget(guard);
    Ok((value, tx.rings.get()))
}

/// Runs a statement that is kept prepared: every read and every write begins and ends with one.
pub(super) fn statement(conn: &Connection, sql: &str) -> Result<(), Error> {
    Ok(conn.prepare_cached(sql)?.execute([]).map(drop)?)
}

/// A reader in use; goes back to the pool when dropped.
struct Lease<'a> {
    file: &'a DbFile,
    conn: Option<Connection>,
    cache: i64,
}

impl Lease<'_> {
    fn conn(&self) -> &Connection {
        self.conn.as_ref().expect("taken only in drop")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut readers = self.file.lock_readers();
        match self.conn.take() {
            // A panic left the transaction open: end it, the connection is good again.
            Some(conn) if conn.is_autocommit() || conn.execute_batch("ROLLBACK").is_ok() => {
                readers.idle.push((conn, self.cache));
            }
            _ => readers.open -= 1,
        }
        self.file.reader_free.notify_one();
    }
}

impl Drop for DbFile {
    fn drop(&mut self) {
        self.lock_readers().idle.clear();
        let writer = self.lock_writer();
        if !self.may_fold() {
            return;
        }
        if let Err(error) = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the WAL was not emptied on close; the next open does it");
        }
    }
}
