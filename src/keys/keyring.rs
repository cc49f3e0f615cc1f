//! `keys/keyring`: one wrapped root key per workspace, authenticated as a whole (KEY-4).
//!
//! ```text
//! "HFKR" | version u8 = 1 | install 16 | master_version u32 | seq u64 | created_ms u64 | n u32
//! n × { workspace 16 | version u32 | state u8 | retire_after_ms u64 | nonce 12 | wrapped 32 | tag 16 }
//! HMAC-SHA-256 over all bytes before, 32
//! ```
//!
//! Numbers are big-endian. A key is wrapped by AES-256-GCM under a random nonce, bound to
//! `"holdfast/v1/wrap" ‖ install ‖ workspace ‖ version ‖ master_version ‖ state`.

mod rotation;

use std::path::{Path, PathBuf};

use super::master::{MasterKey, MasterSubkeys};
use crate::clock::Timestamp;
use crate::crypto::aead::{self, NONCE, TAG};
use crate::crypto::derive::mac;
use crate::crypto::{Key, constant_time_eq, file};
use crate::error::Error;
use crate::id::WorkspaceId;

pub use rotation::Version;

const MAGIC: &[u8; 5] = b"HFKR\x01";
const HEADER_BYTES: usize = 5 + 16 + 4 + 8 + 8 + 4;
const ENTRY_BYTES: usize = 16 + 4 + 1 + 8 + WRAPPED_BYTES;
const WRAPPED_BYTES: usize = NONCE + 32 + TAG;
const MAC_BYTES: usize = 32;

/// What a version of a workspace's root key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Opens the database and seals what is new.
    Active = 1,
    /// The database is being copied to it.
    Pending = 2,
    /// Opens older backups only.
    Retired = 3,
    /// No root key: the key of pseudonyms, which stays the same when the root key changes. Its version is 0.
    Lasting = 4,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    workspace: WorkspaceId,
    version: u32,
    state: State,
    retire_after_ms: u64,
    wrapped: [u8; WRAPPED_BYTES],
}

/// One generation of the keyring. Holds wrapped keys only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    install: [u8; 16],
    master_version: u32,
    seq: u64,
    /// When this generation was written.
    created_ms: u64,
    entries: Vec<Entry>,
}

impl Keyring {
    /// An empty keyring, before its first writing.
    pub(super) fn new(install: [u8; 16], master_version: u32) -> Keyring {
        Keyring { install, master_version, seq: 0, created_ms: 0, entries: Vec::new() }
    }

    /// Rises with every generation; the control file remembers the highest one it has seen.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Every workspace with a key in any state, the control file not counted.
    pub fn workspaces(&self) -> impl Iterator<Item = WorkspaceId> {
        let mut found: Vec<_> = self.entries.iter().map(|entry| entry.workspace).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter(|workspace| *workspace != WorkspaceId::CONTROL)
    }

    /// Adds version 1 of a new workspace's root key, made here and known to nobody yet.
    pub(super) fn add(&mut self, subkeys: &MasterSubkeys, workspace: WorkspaceId, root_key: &Key) -> Result<(), Error> {
        if self.entries.iter().any(|entry| entry.workspace == workspace) {
            return Err(Error::Conflict(format!("the keyring already holds a key for workspace {workspace}")));
        }
        self.push(subkeys, workspace, 1, State::Active, root_key);
        Ok(())
    }

    /// Takes every version of a workspace's key out; `false` when there was none.
    pub(super) fn remove(&mut self, workspace: WorkspaceId) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.workspace != workspace);
        self.entries.len() < before
    }

    /// The active root key of a workspace with its version.
    pub(super) fn active(&self, subkeys: &MasterSubkeys, workspace: WorkspaceId) -> Result<(u32, Key), Error> {
        self.unwrap_first(subkeys, workspace, |entry| entry.state == State::Active)
    }

    /// The root key of one version, in whatever state: what was sealed under it says which.
    pub(super) fn version(&self, subkeys: &MasterSubkeys, workspace: WorkspaceId, version: u32) -> Result<Key, Error> {
        self.unwrap_first(subkeys, workspace, |entry| entry.version == version && entry.state != State::Lasting)
            .map(|(_, key)| key)
    }

    fn unwrap_first(
        &self,
        subkeys: &MasterSubkeys,
        workspace: WorkspaceId,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Result<(u32, Key), Error> {
        let entry = self.entries.iter().find(|entry| entry.workspace == workspace && wanted(entry));
        let entry = entry.ok_or_else(|| {
            Error::Refused(format!(
                "the keyring holds no key for workspace {workspace}: it was removed, or this keyring is an older one"
            ))
        })?;
        let damaged = || Error::Refused(format!("the key of workspace {workspace} in the keyring is damaged"));
        let (nonce, sealed) = entry.wrapped.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let opened = aead::open(&subkeys.wrap, nonce, &self.bound(entry), sealed).map_err(|_| damaged())?;
        let mut key = Key::default();
        key.copy_from_slice(&opened);
        Ok((entry.version, key))
    }

    /// Keeps a wrapped key from serving another workspace, version, installation or state.
    fn bound(&self, entry: &Entry) -> Vec<u8> {
        [
            b"holdfast/v1/wrap".as_slice(),
            &self.install,
            &entry.workspace.0,
            &entry.version.to_be_bytes(),
            &self.master_version.to_be_bytes(),
            &[entry.state as u8],
        ]
        .concat()
    }

    /// The file's bytes.
    pub(super) fn bytes(&self, subkeys: &MasterSubkeys) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.entries.len() * ENTRY_BYTES + MAC_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.install);
        bytes.extend_from_slice(&self.master_version.to_be_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&self.created_ms.to_be_bytes());
        bytes.extend_from_slice(&(self.entries.len() as u32).to_be_bytes());
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.workspace.0);
            bytes.extend_from_slice(&entry.version.to_be_bytes());
            bytes.push(entry.state as u8);
            bytes.extend_from_slice(&entry.retire_after_ms.to_be_bytes());
            bytes.extend_from_slice(&entry.wrapped);
        }
        let tag = mac(&subkeys.ring, &[&bytes]);
        bytes.extend_from_slice(&tag);
        bytes
    }

    /// Reads a file: nothing but its installation and version is looked at before it is authenticated.
    pub(super) fn parse(bytes: &[u8], master: &MasterKey) -> Result<(Keyring, MasterSubkeys), Error> {
        let damaged = || Error::Refused("the keyring is damaged, was changed, or belongs to another master key".into());
        let (authentic, tag) = bytes.split_last_chunk::<MAC_BYTES>().ok_or_else(damaged)?;
        let (header, rest) = authentic.split_first_chunk::<HEADER_BYTES>().ok_or_else(damaged)?;
        if !header.starts_with(MAGIC) {
            return Err(damaged());
        }
        let install = std::array::from_fn(|at| header[5 + at]);
        let master_version = number(&header[21..25]) as u32;
        let subkeys = master.subkeys(&install, master_version);
        if !constant_time_eq(&mac(&subkeys.ring, &[authentic]), tag) {
            return Err(damaged());
        }
        let (entries, []) = rest.as_chunks::<ENTRY_BYTES>() else { return Err(damaged()) };
        if entries.len() as u64 != number(&header[41..45]) {
            return Err(damaged());
        }
        let entries = entries.iter().map(Entry::parse).collect::<Option<Vec<_>>>().ok_or_else(damaged)?;
        let (seq, created_ms) = (number(&header[25..33]), number(&header[33..41]));
        Ok((Keyring { install, master_version, seq, created_ms, entries }, subkeys))
    }

    /// Writes the next generation and keeps the one before until the new one has been read back.
    pub(super) fn store(&mut self, path: &Path, master: &MasterSubkeys, now: Timestamp) -> Result<(), Error> {
        self.seq += 1;
        self.created_ms = u64::try_from(now.0).unwrap_or(0);
        let bytes = self.bytes(master);
        let previous = previous(path);
        if path.exists() {
            remove_if_there(&previous)?;
            std::fs::hard_link(path, &previous)?;
        }
        file::replace(path, &bytes, 0o600)?;
        if std::fs::read(path)? != bytes {
            return Err(Error::internal(
                "the new keyring does not read back as it was written; the one before is kept",
            ));
        }
        remove_if_there(&previous)?;
        file::sync_folder_of(path)?;
        Ok(())
    }

    /// Reads the keyring; the generation before when a crash left the newest one unreadable.
    pub(super) fn load(path: &Path, master: &MasterKey) -> Result<(Keyring, MasterSubkeys), Error> {
        let previous = previous(path);
        let named = |error| match error {
            Error::Refused(words) => Error::Refused(format!("{}: {words}; put back a copy of it", path.display())),
            other => other,
        };
        let newest = match file::read_if_there(path)? {
            Some(bytes) => Keyring::parse(&bytes, master).map_err(named),
            None => Err(Error::Refused(format!("there is no keyring at {}", path.display()))),
        };
        let Err(reason) = newest else {
            // Left by a crash before the new one was read back. It may hold keys that were removed since.
            remove_if_there(&previous)?;
            file::sync_folder_of(path)?;
            return newest;
        };
        let Some(bytes) = file::read_if_there(&previous)? else { return Err(reason) };
        let Ok(older) = Keyring::parse(&bytes, master) else { return Err(reason) };
        tracing::warn!(seq = older.0.seq, "the newest keyring is unreadable; the one before it is used");
        file::replace(path, &bytes, 0o600)?;
        remove_if_there(&previous)?;
        file::sync_folder_of(path)?;
        Ok(older)
    }
}

impl Entry {
    fn parse(bytes: &[u8; ENTRY_BYTES]) -> Option<Entry> {
        let state = [State::Active, State::Pending, State::Retired, State::Lasting]
            .into_iter()
            .find(|state| *state as u8 == bytes[20])?;
        Some(Entry {
            workspace: WorkspaceId(bytes[..16].try_into().ok()?),
            version: number(&bytes[16..20]) as u32,
            state,
            retire_after_ms: number(&bytes[21..29]),
            wrapped: bytes[29..].try_into().ok()?,
        })
    }
}

/// Which master key a keyring file says it needs. Proven only when the whole file is authenticated.
pub(super) fn named_master_version(bytes: &[u8]) -> Option<u32> {
    let header = bytes.first_chunk::<HEADER_BYTES>()?;
    header.starts_with(MAGIC).then(|| number(&header[21..25]) as u32)
}

/// Up to eight bytes as a number, the largest first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

pub(super) fn previous(path: &Path) -> PathBuf {
    path.with_extension("previous")
}

pub(super) fn remove_if_there(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(source.into()),
        _ => Ok(()),
    }
}
