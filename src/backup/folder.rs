//! The backup folder: where its parts are, whether it is ours, there and writable.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Watch, hex};
use crate::app::App;
use crate::clock::Stopwatch;
use crate::crypto::file::{read_if_there, replace};
use crate::db::installation;
use crate::error::Error;
use crate::id::WorkspaceId;

/// The layout this program writes; a higher one is a newer program's.
pub const FORMAT: u32 = 1;
/// The fact in `control.db` that a backup was made, with what [`super::chain`] remembers of the newest one.
pub const HEAD_FACT: &str = "backup_head";

const MARK: &str = "INSTALLATION";
/// A drill of a small place is over in less; whoever waits longer is told.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whose folder it is. Written by the first backup.
#[derive(Serialize, Deserialize)]
struct Mark {
    format: u32,
    installation: String,
}

/// A backup folder that was looked at: it is there, and belongs to this installation or to nobody yet.
#[derive(Debug, Clone)]
pub struct Folder {
    pub root: PathBuf,
}

impl Folder {
    /// A folder from outside, for a restore: nothing about it was checked.
    pub fn at(root: &Path) -> Folder {
        Folder { root: root.to_owned() }
    }

    /// The folder of the settings, as it must be for reading.
    ///
    /// Fails with [`Error::Refused`] when it is gone, is another installation's, or was written by a newer program.
    pub fn of(app: &App) -> Result<Folder, Error> {
        let folder = Folder::at(&app.config.backup.folder);
        let was_used = app.read(|db| installation::fact(db, HEAD_FACT))?.is_some();
        match folder.mark()? {
            Some(mark) if mark.installation != hex(&app.keys.installation()) => Err(Error::Refused(format!(
                "{}: the backups in this folder belong to another installation; give this one a folder of its own",
                folder.shown()
            ))),
            Some(_) => Ok(folder),
            None if was_used && folder.root.join("HEAD").exists() => Err(Error::Refused(format!(
                "{}/{MARK} is missing, though backups are here: put the file back, or have it written anew with holdfast \
                 backup run --new-folder; the backups stay",
                folder.shown()
            ))),
            None if was_used => Err(Error::Refused(format!(
                "{}: the backups that were made here are gone: mount the disk, or put the folder back. When they are \
                 lost for good, begin anew with holdfast backup run --new-folder",
                folder.shown()
            ))),
            None => Ok(folder),
        }
    }

    /// Who the folder belongs to; `None` when it holds no backups.
    fn mark(&self) -> Result<Option<Mark>, Error> {
        let bytes = match read_if_there(&self.root.join(MARK)) {
            Ok(bytes) => bytes,
            Err(source) if source.kind() == ErrorKind::NotADirectory => {
                return Err(Error::Refused(format!("{}: this is no folder", self.shown())));
            }
            Err(source) => return Err(self.refused(&source)),
        };
        let Some(bytes) = bytes else { return Ok(None) };
        let mark: Mark = serde_json::from_slice(&bytes).map_err(|_| {
            Error::Refused(format!(
                "{}/{MARK} cannot be read: it is damaged. Put a good copy back, or delete it and have it written anew \
                     with holdfast backup run --new-folder; the backups stay",
                self.shown()
            ))
        })?;
        if mark.format > FORMAT {
            return Err(Error::Refused(format!(
                "{}: a newer version of Holdfast wrote these backups (format {}, this program knows {FORMAT}): use that version",
                self.shown(),
                mark.format
            )));
        }
        Ok(Some(mark))
    }

    /// Fails unless the folder holds backups that this program can read. For a restore, which has no keys yet.
    pub fn refuse_unknown(&self) -> Result<(), Error> {
        match self.mark()? {
            Some(_) => Ok(()),
            None => Err(Error::Refused(format!(
                "{}: there are no backups of Holdfast in this folder (no file {MARK}); nothing was written",
                self.shown()
            ))),
        }
    }

    /// Fails unless the folder is there: the place of a disk that is not mounted is empty.
    pub fn refuse_gone(&self) -> Result<(), Error> {
        if self.root.join(MARK).exists() {
            return Ok(());
        }
        Err(Error::Refused(format!("{}: the backup folder is not there: mount the disk", self.shown())))
    }

    /// Makes the folder ready for writing: its parts are there, and it can be written to.
    pub fn prepare(&self, app: &App) -> Result<(), Error> {
        for part in ["manifests", "data", "keys", "ledger"] {
            fs::create_dir_all(self.root.join(part)).map_err(|source| self.refused(&source))?;
        }
        let probe = self.root.join("probe.part");
        fs::write(&probe, b"x").and_then(|()| fs::remove_file(&probe)).map_err(|source| self.refused(&source))?;
        if self.mark()?.is_none() {
            let mark = Mark { format: FORMAT, installation: hex(&app.keys.installation()) };
            replace(&self.root.join(MARK), &serde_json::to_vec(&mark)?, 0o600)?;
        }
        Ok(())
    }

    /// One work at a time changes the folder, whichever process it is in.
    pub fn lock(&self) -> Result<File, Error> {
        let path = self.root.join("LOCK");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let file = opened.map_err(|source| self.refused(&source))?;
        let waiting = Stopwatch::start();
        loop {
            match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(file),
                Err(rustix::io::Errno::WOULDBLOCK) if waiting.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    let words = format!("Another backup is under way in {}; wait for its end.", self.shown());
                    return Err(Error::Conflict(words));
                }
                Err(error) => return Err(std::io::Error::from(error).into()),
            }
        }
    }

    /// The same, after whatever is at work in the folder: what nobody waits for need not be tried again later.
    pub fn lock_in_turn(&self, watch: &mut Watch) -> Result<File, Error> {
        loop {
            match self.lock() {
                Err(Error::Conflict(_)) => watch.step("waiting for other work on the backups", 0, 0)?,
                locked => return locked,
            }
        }
    }

    /// A failure of the disk, in words that say what to do.
    pub fn refused(&self, source: &std::io::Error) -> Error {
        let reason = match source.kind() {
            ErrorKind::ReadOnlyFilesystem => "the disk is mounted read-only; mount it for writing".into(),
            ErrorKind::PermissionDenied => "this user may not write there; give it the folder".into(),
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "a part of it is no folder".into(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full; make room".into(),
            _ => source.to_string(),
        };
        Error::Refused(format!("{}: {reason}", self.shown()))
    }

    /// The folder as messages name it.
    pub fn shown(&self) -> std::path::Display<'_> {
        self.root.display()
    }

    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger")
    }

    pub fn manifests(&self) -> PathBuf {
        self.root.join("manifests")
    }

    /// Everything of one workspace; of the installation itself under [`WorkspaceId::CONTROL`].
    pub fn data(&self, place: WorkspaceId) -> PathBuf {
        self.root.join("data").join(place.to_string())
    }

    /// What was committed in one place between its bases, piece by piece.
    pub fn segments(&self, place: WorkspaceId) -> PathBuf {
        self.data(place).join("segments")
    }

    /// A sealed database.
    pub fn base(&self, place: WorkspaceId, object: &str) -> PathBuf {
        self.data(place).join(format!("{object}.base"))
    }

    /// The list of sealed files that belong to a base.
    pub fn list(&self, place: WorkspaceId, object: &str) -> PathBuf {
        self.data(place).join(format!("{object}.files"))
    }
}
