//! HFSO, the one container of every sealed file: attachments, snapshots, segments, exports, keyring copies.
//!
//! A header of 64 bytes, then chunks of 64 KiB, each sealed on its own, the last one marked:
//!
//! ```text
//! "HFSO" | version u8 = 1 | kind u8 | cipher u8 = 1 | chunk_log2 u8 = 16 | workspace 16 | object 16
//!        | key_version u32 | flags u32 = 0 | nonce 16
//! file key = HKDF-SHA-256(salt = nonce, key = parent key, info = "hfso/v1" ‖ header[0..48])
//! chunk i  = AES-256-GCM(file key, nonce = be88(i) ‖ last, up to 65 536 bytes, bound to the whole header)
//! ```
//!
//! Numbers are big-endian. `tests/oracles/hfso.py` reads the same format and shares no code with this one.

mod header;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub use header::{HEADER_BYTES, Header, Kind};
pub use reader::Reader;
pub use writer::Writer;

use super::Key;
use super::aead::{NONCE, TAG};
use super::derive::Root;
use crate::error::Error;
use crate::id::WorkspaceId;

/// Plaintext bytes of every chunk but the last.
pub const CHUNK: usize = 1 << 16;
/// A full chunk as it stands in the file.
const SEALED_CHUNK: usize = CHUNK + TAG;

/// Why a sealed file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Cut, changed, put together from others, or sealed under another key.
    #[error("the sealed file is damaged or does not belong here: {0}")]
    Damaged(&'static str),
}

impl From<ObjectError> for Error {
    fn from(source: ObjectError) -> Error {
        match source {
            ObjectError::Io(source) => source.into(),
            damaged => Error::Refused(damaged.to_string()),
        }
    }
}

/// A new id for an object: random, so that it tells nothing.
pub fn new_id() -> [u8; 16] {
    super::random()
}

/// Creates a sealed file under a name nothing has yet. Fsync and rename are the caller's.
pub fn create(
    path: &Path,
    key: &Key,
    kind: Kind,
    workspace: WorkspaceId,
    object: [u8; 16],
    key_version: u32,
) -> io::Result<Writer<File>> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Writer::new(file, key, kind, workspace, object, key_version)
}

/// Opens a sealed file that must be of this kind and workspace; `key_for` gives the parent key of a version.
pub fn open(
    path: &Path,
    kind: Kind,
    workspace: WorkspaceId,
    key_for: impl FnOnce(u32) -> Result<Key, Error>,
) -> Result<Reader<File>, Error> {
    let mut file = File::open(path)?;
    let header = Header::read(&mut file)?;
    header.expect(kind, workspace)?;
    let key = key_for(header.key_version)?;
    Ok(Reader::new(file, &key, header))
}

/// The key of one file. The random nonce in the header makes it unlike that of every other file.
fn file_key(parent: &Key, header: &[u8; HEADER_BYTES]) -> Key {
    let (named, nonce) = header.split_at(48);
    Root::extract(nonce, parent).expand(&[b"hfso/v1", named])
}

/// Chunks are counted, so they cannot change places; the last one is marked, so none can be missing.
fn chunk_nonce(index: u64, last: bool) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[3..11].copy_from_slice(&index.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}
