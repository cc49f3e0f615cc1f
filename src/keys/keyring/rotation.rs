//! How a workspace's root key gives way to the next one, and how all of them move under another master key.

use super::{Entry, Keyring, State, WRAPPED_BYTES};
use crate::clock::Timestamp;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::{Key, aead, aead::NONCE, random};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::keys::master::MasterSubkeys;

/// What the keyring says of one version of a workspace's key, without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    pub workspace: WorkspaceId,
    pub version: u32,
    pub state: State,
    /// When it was retired; the epoch for one in use.
    pub retired_at: Timestamp,
}

impl Keyring {
    /// Every version of every root key, that of the control file too.
    pub(in crate::keys) fn versions(&self) -> Vec<Version> {
        let keys = self.entries.iter().filter(|entry| entry.state != State::Lasting);
        keys.map(|entry| Version {
            workspace: entry.workspace,
            version: entry.version,
            state: entry.state,
            retired_at: Timestamp(i64::try_from(entry.retire_after_ms).unwrap_or(i64::MAX)),
        })
        .collect()
    }

    /// Adds the next version, in which nothing is sealed yet. The key of pseudonyms is set apart the first time, so
    /// that it outlives the version it was derived from.
    pub(in crate::keys) fn add_pending(
        &mut self,
        subkeys: &MasterSubkeys,
        workspace: WorkspaceId,
        root_key: &Key,
    ) -> Result<u32, Error> {
        let of_it = || self.entries.iter().filter(|entry| entry.workspace == workspace);
        if of_it().any(|entry| entry.state == State::Pending) {
            return Err(Error::Conflict("the key of this workspace is being exchanged already".into()));
        }
        let next = of_it().map(|entry| entry.version).max().unwrap_or(0) + 1;
        if !of_it().any(|entry| entry.state == State::Lasting) {
            let (version, active) = self.active(subkeys, workspace)?;
            let lasting = WorkspaceKeys::derive(workspace, version, &active).blind_index;
            self.push(subkeys, workspace, 0, State::Lasting, &lasting);
        }
        self.push(subkeys, workspace, next, State::Pending, root_key);
        Ok(next)
    }

    /// Takes a pending version out again; nothing in service was sealed under it.
    pub(in crate::keys) fn drop_pending(&mut self, workspace: WorkspaceId) -> bool {
        self.take_out(|entry| entry.workspace == workspace && entry.state == State::Pending)
    }

    /// The pending version becomes the active one, and the active one is retired.
    pub(in crate::keys) fn promote(
        &mut self,
        subkeys: &MasterSubkeys,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (old, old_key) = self.active(subkeys, workspace)?;
        let (new, new_key) = self.unwrap_first(subkeys, workspace, |entry| entry.state == State::Pending)?;
        self.take_out(|entry| entry.workspace == workspace && (entry.version == old || entry.version == new));
        self.push(subkeys, workspace, old, State::Retired, &old_key);
        if let Some(retired) = self.entries.last_mut() {
            retired.retire_after_ms = u64::try_from(now.0).unwrap_or(0);
        }
        self.push(subkeys, workspace, new, State::Active, &new_key);
        Ok(())
    }

    /// Destroys a retired version; `false` when there is none.
    pub(in crate::keys) fn forget(&mut self, workspace: WorkspaceId, version: u32) -> bool {
        self.take_out(|entry| entry.workspace == workspace && entry.version == version && entry.state == State::Retired)
    }

    /// The same keys wrapped under another master key. Every one is opened, so a damaged entry ends it here.
    pub(in crate::keys) fn under(
        &self,
        old: &MasterSubkeys,
        new: &MasterSubkeys,
        master_version: u32,
        now: Timestamp,
    ) -> Result<Keyring, Error> {
        let mut next = Keyring::new(self.install, master_version);
        next.seq = self.seq + 1;
        next.created_ms = u64::try_from(now.0).unwrap_or(0);
        for entry in &self.entries {
            let wanted = |other: &Entry| other.version == entry.version && other.state == entry.state;
            let (_, key) = self.unwrap_first(old, entry.workspace, wanted)?;
            next.push(new, entry.workspace, entry.version, entry.state, &key);
            if let Some(last) = next.entries.last_mut() {
                last.retire_after_ms = entry.retire_after_ms;
            }
        }
        Ok(next)
    }

    /// Whether both hold the same keys, each opened under its own master key.
    pub(in crate::keys) fn holds_the_same(
        &self,
        subkeys: &MasterSubkeys,
        other: &Keyring,
        others: &MasterSubkeys,
    ) -> Result<bool, Error> {
        for entry in &self.entries {
            let wanted = |found: &Entry| found.version == entry.version && found.state == entry.state;
            let (_, ours) = self.unwrap_first(subkeys, entry.workspace, wanted)?;
            let (_, theirs) = other.unwrap_first(others, entry.workspace, wanted)?;
            if ours != theirs {
                return Ok(false);
            }
        }
        Ok(self.entries.len() == other.entries.len())
    }

    pub(in crate::keys) fn master_version(&self) -> u32 {
        self.master_version
    }

    /// The key of pseudonyms that was set apart when the root key changed for the first time.
    pub(in crate::keys) fn lasting(
        &self,
        subkeys: &MasterSubkeys,
        workspace: WorkspaceId,
    ) -> Result<Option<Key>, Error> {
        let is_it = |entry: &Entry| entry.workspace == workspace && entry.state == State::Lasting;
        if !self.entries.iter().any(is_it) {
            return Ok(None);
        }
        self.unwrap_first(subkeys, workspace, is_it).map(|(_, key)| Some(key))
    }

    pub(super) fn push(
        &mut self,
        subkeys: &MasterSubkeys,
        workspace: WorkspaceId,
        version: u32,
        state: State,
        key: &Key,
    ) {
        let mut entry = Entry { workspace, version, state, retire_after_ms: 0, wrapped: [0; WRAPPED_BYTES] };
        let nonce = random::<NONCE>();
        entry.wrapped[..NONCE].copy_from_slice(&nonce);
        let sealed = aead::seal(&subkeys.wrap, &nonce, &self.bound(&entry), key.as_slice());
        entry.wrapped[NONCE..].copy_from_slice(&sealed);
        self.entries.push(entry);
    }

    fn take_out(&mut self, goes: impl Fn(&Entry) -> bool) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| !goes(entry));
        self.entries.len() < before
    }
}
