//! A workspace's file under another key: copied page by page into a new file, compared, and put in the old one's place.
//!
//! Never `PRAGMA rekey`, which would write the whole file into its own log in one transaction.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};

use super::open::{self, Purpose, RawKey};
use super::{Db, DbFile, Origin, Tx, check_pages, sidecar, upgrade, wal};
use crate::clock::Timestamp;
use crate::crypto::file::sync_folder_of;
use crate::error::Error;
use crate::failpoint;

/// The new file beside the old one.
const ENDING: &str = ".rekeyed";
const CACHE_KIB: i64 = 8 * 1024;
const PAGES_AT_ONCE: i32 = 2048;

/// What a copy has otherwise than the file it was made of.
pub struct Changes<'a> {
    /// Exchanges what is sealed inside. The copy is held against the file after it: no row more, none less.
    pub reseal: &'a dyn Fn(&Tx) -> Result<(), Error>,
    /// Adds what the new key alone would not tell any more. Runs after the comparison.
    pub add: &'a dyn Fn(&Tx) -> Result<(), Error>,
}

/// Makes the new file and proves that it holds what the old one holds. Nobody may have the old one open. The changes
/// are made in the new file alone.
pub fn copy(
    path: &Path,
    old: RawKey,
    new: RawKey,
    now: Timestamp,
    origin: &Origin,
    changes: &Changes,
) -> Result<(), Error> {
    discard(path)?;
    let copy = sidecar(path, ENDING);
    let from = DbFile::open(path, old, Arc::new(AtomicI64::new(CACHE_KIB)))?;
    copy_into(&from, &copy, new, now, origin, changes)?;
    drop(from);
    upgrade::refuse_waiting(path)?;
    upgrade::refuse_waiting(&copy)?;
    failpoint::reach("rotate.verified");
    Ok(())
}

/// The same into a file of any name, which must not be there. It is whole and closed when this returns.
pub fn copy_into(
    from: &DbFile,
    copy: &Path,
    new: RawKey,
    now: Timestamp,
    origin: &Origin,
    changes: &Changes,
) -> Result<(), Error> {
    let to = DbFile::open(copy, new, Arc::new(AtomicI64::new(CACHE_KIB)))?;
    pages(from, &to)?;
    failpoint::reach("rotate.copied");
    to.write_unaudited(now, origin, changes.reseal)?;
    failpoint::reach("rotate.resealed");
    let (before, after) = (from.read(now, summary)?, to.read(now, summary)?);
    if before != after {
        return Err(Error::internal("the copy under the new key differs from the file; nothing was changed"));
    }
    to.write_unaudited(now, origin, changes.add)?;
    to.empty_log()?;
    if let Some(fault) = to.read(now, check_pages)?.first() {
        return Err(Error::internal(format!("the copy under the new key is damaged ({fault}); nothing was changed")));
    }
    Ok(())
}

/// Puts the new file in the place of the old one. Both are closed and their logs empty.
pub fn put_in_place(path: &Path) -> Result<(), Error> {
    exchange(path, &sidecar(path, ENDING))
}

/// Puts a file in the place of another by one rename. Both are closed; fails when something waits in the log of the
/// one that comes.
pub fn exchange(path: &Path, with: &Path) -> Result<(), Error> {
    upgrade::refuse_waiting(with)?;
    for file in [path, with] {
        upgrade::remove_if_there(&sidecar(file, "-wal"))?;
        upgrade::remove_if_there(&sidecar(file, "-shm"))?;
    }
    // What was shipped of the old file says nothing of the new one.
    upgrade::remove_if_there(&sidecar(path, wal::MARK))?;
    std::fs::File::open(with)?.sync_all()?;
    std::fs::rename(with, path)?;
    Ok(sync_folder_of(path)?)
}

/// Removes a new file that did not come into service.
pub fn discard(path: &Path) -> Result<(), Error> {
    let copy = sidecar(path, ENDING);
    for ending in ["", "-wal", "-shm"] {
        upgrade::remove_if_there(&sidecar(&copy, ending))?;
    }
    Ok(())
}

/// Whether the file opens with this key. Nobody else may have it open.
pub fn opens_with(path: &Path, key: &RawKey) -> Result<bool, Error> {
    super::refuse_without(path)?;
    match open::open(path, key, Purpose::Read) {
        Ok(_) => Ok(true),
        Err(Error::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn pages(from: &DbFile, to: &DbFile) -> Result<(), Error> {
    from.with_writer(|source| {
        to.with_writer(|target| {
            let backup = Backup::new(source, target)?;
            loop {
                match backup.step(PAGES_AT_ONCE)? {
                    StepResult::Done => return Ok(()),
                    StepResult::More => {}
                    _ => std::thread::sleep(Duration::from_millis(20)),
                }
            }
        })
    })
}

/// How many rows each table has, and the last line of the log: what a copy must have too.
fn summary(db: &Db) -> Result<Vec<(String, i64)>, Error> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut counts = Vec::new();
    for table in db.rows(sql, &[], |row| row.get::<_, String>(0))? {
        let count = db.count(&format!("SELECT count(*) FROM \"{table}\""), &[])?;
        counts.push((table, count));
    }
    let head: Option<String> = db.value("SELECT hex(hash) FROM audit ORDER BY seq DESC LIMIT 1", &[])?;
    let length = db.count("SELECT ifnull(max(seq), 0) FROM audit", &[])?;
    counts.push((head.unwrap_or_default(), length));
    Ok(counts)
}
