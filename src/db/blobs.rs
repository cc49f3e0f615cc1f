//! Sealed files beside a workspace's database: each under a random name and a key that somebody keeps in a row.
//!
//! A file comes into being in three steps: written and fsynced among the incoming ones, moved to its place,
//! named by a row. Until the row is committed the file belongs to the [`NewBlob`] that holds it, and goes
//! with it. What a crash leaves between the steps has no row, so nothing can open it; the sweeps here remove it.

use std::collections::HashSet;
use std::fs::{DirEntry, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use sha2::{Digest, Sha256};

use super::Workspace;
use crate::crypto::Key;
use crate::crypto::file::sync_folder_of;
use crate::crypto::object::{self, Kind, Reader, Writer};
use crate::error::Error;
use crate::id::WorkspaceId;

/// How much of a file's beginning is remembered, for whoever finds out what it is.
const BEGINNING: usize = 8 * 1024;

/// Files that belong to a [`NewBlob`] of this process. The sweeps leave them alone.
static HELD: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<HashSet<PathBuf>>> {
    HELD.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn is_held(path: &Path) -> bool {
    held().as_ref().is_some_and(|paths| paths.contains(path))
}

/// The sealed files of one workspace.
pub struct Blobs {
    folder: PathBuf,
    workspace: WorkspaceId,
}

impl Workspace {
    pub fn blobs(&self) -> Blobs {
        Blobs { folder: self.folder.join("blobs"), workspace: self.id }
    }

    /// Files that are made to be handed out and then go. Apart from those that stay, so that no sweep of one
    /// needs to know the rows of the other.
    pub fn packages(&self) -> Blobs {
        Blobs { folder: self.folder.join("packages"), workspace: self.id }
    }
}

impl Blobs {
    /// Begins a file under a key of its own. `key_version` is written into it for whoever finds it without its row.
    pub fn create(&self, key: &Key, key_version: u32) -> Result<BlobWriter, Error> {
        self.create_as(object::new_id(), key, key_version)
    }

    /// The same under the name that a row has for it already.
    pub fn create_as(&self, object: [u8; 16], key: &Key, key_version: u32) -> Result<BlobWriter, Error> {
        BlobWriter::create(self.incoming().join(name(&object)), object, key, self.workspace, key_version)
    }

    /// Moves a finished file to its place. From here on it lasts, once its holder says [`NewBlob::keep`].
    pub fn place(&self, blob: &NewBlob) -> Result<(), Error> {
        let place = self.path(&blob.object);
        make_folder_of(&place)?;
        held().get_or_insert_default().insert(place.clone());
        let moved = std::fs::rename(&blob.first, &place).and_then(|()| sync_folder_of(&place));
        if let Err(error) = moved {
            held().get_or_insert_default().remove(&place);
            return Err(error.into());
        }
        // Placed once only: the first path is gone by now, so a second move would have failed.
        let _ = blob.placed.set(place);
        Ok(())
    }

    /// Opens a file with the key of its row.
    pub fn open(&self, object: &[u8; 16], key: &Key) -> Result<Reader<File>, Error> {
        let opened = object::open(&self.path(object), Kind::Attachment, self.workspace, |_| Ok(key.clone()));
        let reader = opened.map_err(|error| match error {
            Error::Internal(source) => Error::Unavailable(format!("the file cannot be read from the disk: {source}")),
            error => error,
        })?;
        // A file that was put under another's name has another's id in its header.
        if reader.header().object != *object {
            return Err(Error::Refused("a sealed file is not the one its row names".into()));
        }
        Ok(reader)
    }

    /// Removes a file for good. One that is gone already is fine, so that it may be asked twice.
    pub fn remove(&self, object: &[u8; 16]) -> Result<(), Error> {
        let path = self.path(object);
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(sync_folder_of(&path)?),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(source.into()),
        }
    }

    /// Removes incoming files that nobody holds: uploads that were cut off by the end of a process.
    pub fn sweep_incoming(&self) -> Result<usize, Error> {
        sweep(&self.incoming(), &|_| Ok(false))
    }

    /// Removes files in their places that nobody holds and no row names, as `is_named` says.
    pub fn sweep(&self, is_named: &dyn Fn(&[u8; 16]) -> Result<bool, Error>) -> Result<usize, Error> {
        let mut removed = 0;
        for folder in entries(&self.folder)? {
            // `incoming` is no pair of hex digits.
            if folder.file_name().len() == 2 {
                removed += sweep(&folder.path(), is_named)?;
            }
        }
        Ok(removed)
    }

    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
    }

    /// `blobs/ab/abcdef…`
    fn path(&self, object: &[u8; 16]) -> PathBuf {
        let name = name(object);
        self.folder.join(&name[..2]).join(name)
    }
}

fn name(object: &[u8; 16]) -> String {
    data_encoding::HEXLOWER.encode(object)
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>, Error> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(entries.collect::<Result<_, _>>()?),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(source.into()),
    }
}

/// Who holds a file is asked before its row is looked for: a holder lets go only after its row is committed.
fn sweep(folder: &Path, is_named: &dyn Fn(&[u8; 16]) -> Result<bool, Error>) -> Result<usize, Error> {
    let mut removed = 0;
    for entry in entries(folder)? {
        let name = entry.file_name();
        let object = data_encoding::HEXLOWER.decode(name.as_encoded_bytes()).ok().and_then(|id| id.try_into().ok());
        let Some(object) = object else { continue };
        if is_held(&entry.path()) || is_named(&object)? {
            continue;
        }
        match std::fs::remove_file(entry.path()) {
            Ok(()) => removed += 1,
            // Its holder dropped it between the look and now.
            Err(source) if source.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(source.into()),
        }
    }
    if removed > 0 {
        File::open(folder)?.sync_all()?;
    }
    Ok(removed)
}

/// Creates the folder of `path`, and the one above it, so that a crash does not lose them.
fn make_folder_of(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    sync_folder_of(folder)?;
    folder.parent().map_or(Ok(()), sync_folder_of)
}

/// A sealed file while it is written. Dropped unfinished it leaves nothing.
pub struct BlobWriter {
    writer: Writer<File>,
    hash: Sha256,
    blob: NewBlob,
}

impl BlobWriter {
    /// Creates `path` with its folder, readable by the service alone.
    pub fn create(
        path: PathBuf,
        object: [u8; 16],
        key: &Key,
        workspace: WorkspaceId,
        key_version: u32,
    ) -> Result<BlobWriter, Error> {
        make_folder_of(&path)?;
        held().get_or_insert_default().insert(path.clone());
        let blob = NewBlob {
            object,
            key: key.clone(),
            size: 0,
            sha256: [0; 32],
            beginning: Vec::new(),
            first: path,
            placed: OnceLock::new(),
            kept: AtomicBool::new(false),
        };
        let writer = object::create(&blob.first, key, Kind::Attachment, workspace, object, key_version)?;
        Ok(BlobWriter { writer, hash: Sha256::new(), blob })
    }

    /// Seals the last chunk; when this returns the file is on the disk.
    pub fn finish(self) -> Result<NewBlob, Error> {
        let BlobWriter { writer, hash, mut blob } = self;
        writer.finish()?.sync_all()?;
        sync_folder_of(&blob.first)?;
        blob.sha256 = hash.finalize().into();
        Ok(blob)
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.writer.write(bytes)?;
        let bytes = &bytes[..taken];
        self.hash.update(bytes);
        self.blob.size += taken as u64;
        let missing = BEGINNING.saturating_sub(self.blob.beginning.len()).min(taken);
        self.blob.beginning.extend_from_slice(&bytes[..missing]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// A sealed file that no row names yet. Removed when dropped, unless kept.
pub struct NewBlob {
    pub object: [u8; 16],
    pub key: Key,
    /// Plain bytes.
    pub size: u64,
    /// Over the plain bytes.
    pub sha256: [u8; 32],
    /// The first plain bytes, 8 KiB at most.
    pub beginning: Vec<u8>,
    first: PathBuf,
    placed: OnceLock<PathBuf>,
    kept: AtomicBool,
}

impl NewBlob {
    /// Keeps the file: a committed row names it now.
    pub fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// Where it lies now.
    pub fn path(&self) -> &Path {
        self.placed.get().unwrap_or(&self.first)
    }
}

impl Drop for NewBlob {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            let _ = std::fs::remove_file(self.path());
        }
        // Only now, so that a sweep never meets a file that nobody holds and no row names yet.
        if let Some(paths) = held().as_mut() {
            paths.remove(&self.first);
            self.placed.get().map(|place| paths.remove(place));
        }
    }
}
