//! The first 64 bytes of a sealed file: what it is and which key opens it.

use std::io::{self, Read};

use super::ObjectError;
use crate::id::WorkspaceId;

/// Bytes of a header.
pub const HEADER_BYTES: usize = 64;

const MAGIC: &[u8; 4] = b"HFSO";
const VERSION: u8 = 1;
const AES_256_GCM: u8 = 1;
const CHUNK_LOG2: u8 = 16;

/// What a sealed file holds. Bound into its key: a file of one kind never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Attachment = 1,
    /// A copy of a whole database.
    BaseSnapshot = 2,
    /// A piece of a write-ahead log.
    Segment = 3,
    Export = 4,
    /// A copy of the keyring. Its workspace field holds the installation's id.
    KeyringCopy = 5,
    /// A piece of the erasure ledger.
    Ledger = 6,
    /// The settings of an installation, in its backups. Its workspace field holds the installation's id.
    Settings = 7,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        [
            Kind::Attachment,
            Kind::BaseSnapshot,
            Kind::Segment,
            Kind::Export,
            Kind::KeyringCopy,
            Kind::Ledger,
            Kind::Settings,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }
}

/// A header as read. Nothing in it is proven before the first chunk has opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    pub workspace: WorkspaceId,
    pub object: [u8; 16],
    /// Which version of the workspace's root key the parent key came from.
    pub key_version: u32,
    pub(super) nonce: [u8; 16],
}

impl Header {
    /// Reads and checks the form; leaves `input` at the first chunk.
    pub fn read(input: &mut impl Read) -> Result<Header, ObjectError> {
        let mut bytes = [0; HEADER_BYTES];
        input.read_exact(&mut bytes).map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => ObjectError::Damaged("it ends within its header"),
            _ => ObjectError::Io(source),
        })?;
        Header::parse(&bytes)
    }

    /// Every bit of a header has one meaning: what this accepts, [`Header::bytes`] gives back.
    pub fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Header, ObjectError> {
        let take = |at: usize| -> [u8; 16] { std::array::from_fn(|offset| bytes[at + offset]) };
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if &bytes[0..4] != MAGIC {
            return Err(ObjectError::Damaged("it is no sealed file of this program"));
        }
        if bytes[4] != VERSION || bytes[6] != AES_256_GCM || bytes[7] != CHUNK_LOG2 || number(44) != 0 {
            return Err(ObjectError::Damaged("its format is not known to this version"));
        }
        let kind = Kind::from_byte(bytes[5]).ok_or(ObjectError::Damaged("its kind is not known to this version"))?;
        Ok(Header { kind, workspace: WorkspaceId(take(8)), object: take(24), key_version: number(40), nonce: take(48) })
    }

    /// The header as it stands in the file.
    pub fn bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(MAGIC);
        bytes[4..8].copy_from_slice(&[VERSION, self.kind as u8, AES_256_GCM, CHUNK_LOG2]);
        bytes[8..24].copy_from_slice(&self.workspace.0);
        bytes[24..40].copy_from_slice(&self.object);
        bytes[40..44].copy_from_slice(&self.key_version.to_be_bytes());
        bytes[48..64].copy_from_slice(&self.nonce);
        bytes
    }

    /// Refuses a file of another kind or another workspace, before any key is looked for.
    pub fn expect(&self, kind: Kind, workspace: WorkspaceId) -> Result<(), ObjectError> {
        if self.kind != kind {
            return Err(ObjectError::Damaged("it is a sealed file of another kind"));
        }
        if self.workspace != workspace {
            return Err(ObjectError::Damaged("it belongs to another workspace"));
        }
        Ok(())
    }
}
