//! A sealed copy of one database: making it, unpacking it, and the examination after which it counts as verified.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use sha2::{Digest, Sha256};

use super::{STOPPED, Watch, at, hex};
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::file::sync_folder_of;
use crate::crypto::object::{self, Header, Kind, Reader, Writer};
use crate::db::{self, Db, DbFile, digest};
use crate::error::Error;
use crate::privacy::audit::{self, Checkpoint, Verdict};

/// Page cache of an examination: every page is read once.
const CACHE_KIB: i64 = 2 * 1024;

/// A sealed object on the disk.
pub struct Made {
    pub object: String,
    pub size: u64,
    pub sha256: String,
}

/// Counts and hashes what passes through.
struct Hashing<T> {
    inner: T,
    hash: Sha256,
    bytes: u64,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Hashing<T> {
        Hashing { inner, hash: Sha256::new(), bytes: 0 }
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.hash.update(&bytes[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for &mut Hashing<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hash.update(&into[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Seals a snapshot of `file` into `folder`; on the disk under its name when this returns. `begun` is called at the
/// moment that it holds, while nobody writes.
pub fn make(
    file: &DbFile,
    keys: &WorkspaceKeys,
    folder: &Path,
    begun: &mut dyn FnMut() -> Result<(), Error>,
    watch: &mut Watch,
) -> Result<Made, Error> {
    std::fs::create_dir_all(folder)?;
    let id = object::new_id();
    let path = folder.join(format!("{}.base", hex(&id)));
    let part = path.with_extension("part");
    let made = write(file, keys, id, &part, begun, watch);
    let (size, sha256) = match made {
        Ok(made) => made,
        Err(error) => {
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
    };
    std::fs::rename(&part, &path)?;
    sync_folder_of(&path)?;
    Ok(Made { object: hex(&id), size, sha256 })
}

fn write(
    file: &DbFile,
    keys: &WorkspaceKeys,
    id: [u8; 16],
    part: &Path,
    begun: &mut dyn FnMut() -> Result<(), Error>,
    watch: &mut Watch,
) -> Result<(u64, String), Error> {
    let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part)?;
    let out = Hashing::new(out);
    let mut writer = Writer::new(out, &keys.base, Kind::BaseSnapshot, keys.workspace, id, keys.version)?;
    file.snapshot(begun, &mut |part| {
        if (watch.is_stopping)() {
            return Err(Error::Unavailable(STOPPED.into()));
        }
        Ok(writer.write_all(part)?)
    })?;
    let out = writer.finish()?;
    out.inner.sync_all()?;
    Ok((out.bytes, hex(&out.hash.finalize())))
}

/// Decrypts a sealed object to `to`, which must not exist: a database again, under its own key. `key_for` gives the
/// keys of a version.
///
/// Fails with [`Error::Refused`] when the object is missing, is another one than its manifest says, or has one wrong bit.
pub fn unpack(
    path: &Path,
    sha256: &str,
    keys: impl FnOnce(u32) -> Result<(crate::id::WorkspaceId, Key), Error>,
    to: &Path,
) -> Result<(), Error> {
    let unpacked = (|| {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Refused("the object is missing".into()),
            _ => Error::from(source),
        })?;
        let mut input = Hashing::new(file);
        let header = Header::read(&mut (&mut input))?;
        let (workspace, key) = keys(header.key_version)?;
        header.expect(Kind::BaseSnapshot, workspace)?;
        let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
        let mut reader = Reader::new(&mut input, &key, header);
        while let Some(chunk) = reader.next_chunk()? {
            out.write_all(chunk)?;
        }
        drop(reader);
        out.sync_all()?;
        if hex(&input.hash.finalize()) != sha256 {
            return Err(Error::Refused("the object is whole, but not the one that its manifest names".into()));
        }
        Ok(())
    })();
    if unpacked.is_err() {
        let _ = std::fs::remove_file(to);
    }
    unpacked.map_err(at(path.display()))
}

/// What an examination found.
pub struct Examined {
    pub schema: i64,
    /// Over the rows, in hex.
    pub digest: String,
    /// The audit log's newest entry.
    pub audit: Option<Checkpoint>,
}

/// Opens an unpacked database and looks at everything: each page by the cipher and by SQLite, each reference, each
/// entry of the audit log, each row. `earlier` are checkpoints that were written before the copy was made.
pub fn examine(path: &Path, keys: &WorkspaceKeys, earlier: &[Checkpoint], now: Timestamp) -> Result<Examined, Error> {
    let file = DbFile::open(path, keys.database_key(), Arc::new(AtomicI64::new(CACHE_KIB)))?;
    file.read(now, |db| {
        let faults = db::check_pages(db)?;
        if let Some(fault) = faults.first() {
            return Err(Error::Refused(format!("{} pages are damaged; the first: {fault}", faults.len())));
        }
        let dangling = db.rows("PRAGMA foreign_key_check", &[], |row| row.get::<_, String>(0))?;
        if let Some(table) = dangling.first() {
            return Err(Error::Refused(format!("{} references lead nowhere; the first in {table}", dangling.len())));
        }
        if let Verdict::Broken { sequence, reason } = audit::verify(db, earlier)? {
            return Err(Error::Refused(format!("the audit log does not hold at entry {sequence}: {reason}")));
        }
        let schema = schema(db)?;
        Ok(Examined { schema, digest: hex(&digest::content(db)?), audit: Checkpoint::of(db, keys.workspace)? })
    })
}

fn schema(db: &Db) -> Result<i64, Error> {
    db.count("SELECT ifnull(max(version), 0) FROM refinery_schema_history", &[])
}

/// A folder for databases that are looked at and then go, with everything in it.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new one inside `folder`, for this user alone.
    pub fn new(folder: &Path) -> Result<Scratch, Error> {
        use std::os::unix::fs::DirBuilderExt;
        let path = folder.join(hex(&object::new_id()));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Scratch(path))
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    pub fn file(&self) -> PathBuf {
        self.0.join("data.db")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
