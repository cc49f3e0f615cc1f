//! The upgrade of one file: a copy of it beside it first, and the copy back in its place when the upgrade fails.
//!
//! The copy is ciphertext, opens with the same key, and is named `data.db.before-<schema>`. It goes
//! [`SNAPSHOT_DAYS`] after the upgrade that it was taken for ([`prune`]).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::migrate::{self, Schema, latest_version};
use super::{DbFile, sidecar, wal};
use crate::clock::Timestamp;
use crate::crypto::file::sync_folder_of;
use crate::error::Error;
use crate::failpoint;

/// Days that the copy from before an upgrade stays: time to notice that the newer program does harm.
pub const SNAPSHOT_DAYS: i64 = 7;
const MARK: &str = ".before-";

/// Why a file was not opened.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Its schema stands in the way: an upgrade failed and was undone, or a newer program wrote it. Trying again
    /// with the same program ends the same way.
    Schema(String),
    Other(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Other(error)
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Error {
        match trouble {
            Trouble::Schema(words) => Error::Refused(words),
            Trouble::Other(error) => error,
        }
    }
}

/// Opens the file by `open` and brings it to the newest schema. A file that was just made is not copied first.
pub(super) fn open_at_newest(
    path: &Path,
    schema: Schema,
    open: &dyn Fn() -> Result<DbFile, Error>,
) -> Result<DbFile, Trouble> {
    let file = open()?;
    let (found, newest) = (migrate::version(&file)?, latest_version(schema));
    if found > newest {
        return Err(Trouble::Schema(migrate::newer(path, found, newest)));
    }
    if found == newest {
        return Ok(file);
    }
    if found == 0 {
        migrate::run(&file, schema)?;
        return Ok(file);
    }
    // Closed first: closing our own handle on its bytes would take away the locks of an open connection.
    drop(file);
    let snapshot = snapshot_name(path, found);
    take(path, &snapshot)?;
    failpoint::reach("upgrade.copied");
    let file = open()?;
    let upgraded = migrate::run(&file, schema);
    failpoint::reach("upgrade.migrated");
    let Err(error) = upgraded else {
        tracing::info!(file = %path.display(), found, newest, "upgraded; the copy from before stays for a while");
        return Ok(file);
    };
    drop(file);
    put_back(path, &snapshot)?;
    let reason = match &error {
        Error::Internal(source) => said(source.as_ref()),
        other => other.to_string(),
    };
    let words = format!(
        "{}: the upgrade from schema {found} to {newest} failed and was undone, nothing is lost ({reason}). Start the \
         program from before this one again",
        path.display()
    );
    tracing::error!(file = %path.display(), found, newest, %reason, "an upgrade failed; the file is as it was before");
    Err(Trouble::Schema(words))
}

/// What SQLite said about the statement, from within what the migrations made of it.
fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut chain = std::iter::successors(Some(error), |error| error.source());
    chain.find(|error| error.is::<rusqlite::Error>()).unwrap_or(error).to_string()
}

/// Copies the file's bytes. Whole under its name, or not there.
fn take(path: &Path, snapshot: &Path) -> Result<(), Error> {
    refuse_waiting(path)?;
    let begun = sidecar(snapshot, ".part");
    remove_if_there(&begun)?;
    let copied = (|| {
        let mut from = File::open(path)?;
        let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&begun)?;
        io::copy(&mut from, &mut to)?;
        to.sync_all()?;
        std::fs::rename(&begun, snapshot)?;
        sync_folder_of(snapshot)
    })();
    copied.map_err(|error| {
        let _ = std::fs::remove_file(&begun);
        Error::from(error)
    })
}

fn put_back(path: &Path, snapshot: &Path) -> Result<(), Error> {
    remove_if_there(&sidecar(path, "-wal"))?;
    remove_if_there(&sidecar(path, "-shm"))?;
    remove_if_there(&sidecar(path, wal::MARK))?;
    std::fs::rename(snapshot, path)?;
    Ok(sync_folder_of(path)?)
}

/// Fails when the file's log still holds commits: the file alone would not be all of it.
pub(super) fn refuse_waiting(path: &Path) -> Result<(), Error> {
    match std::fs::metadata(sidecar(path, "-wal")) {
        Ok(log) if log.len() > 0 => {
            let words = format!("{}: its log could not be folded into the file, so it is left alone", path.display());
            Err(Error::Refused(words))
        }
        _ => Ok(()),
    }
}

/// Removes the copies beside `path` that were taken more than [`SNAPSHOT_DAYS`] ago, and what was begun and never
/// finished. Returns how many went.
pub fn prune(path: &Path, now: Timestamp) -> Result<usize, Error> {
    let oldest = now.plus(-SNAPSHOT_DAYS * Timestamp::DAY);
    remove_snapshots(path, &|taken| taken < oldest)
}

/// Removes all copies beside `path`: their key is to die.
pub fn remove_all(path: &Path) -> Result<usize, Error> {
    remove_snapshots(path, &|_| true)
}

fn remove_snapshots(path: &Path, goes: &dyn Fn(Timestamp) -> bool) -> Result<usize, Error> {
    let mut removed = 0;
    for (snapshot, taken) in snapshots(path)? {
        if goes(taken) {
            remove_if_there(&snapshot)?;
            removed += 1;
        }
    }
    if removed > 0 {
        sync_folder_of(path)?;
    }
    Ok(removed)
}

/// Copies from before upgrades that lie beside `path`, with the moment each was taken.
fn snapshots(path: &Path) -> Result<Vec<(PathBuf, Timestamp)>, Error> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(Vec::new()) };
    let mark = format!("{}{MARK}", name.to_string_lossy());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&mark) {
            let taken = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            found.push((entry.path(), Timestamp(i64::try_from(taken.as_millis()).unwrap_or(i64::MAX))));
        }
    }
    Ok(found)
}

fn snapshot_name(path: &Path, schema: i64) -> PathBuf {
    sidecar(path, &format!("{MARK}{schema}"))
}

pub(super) fn remove_if_there(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
