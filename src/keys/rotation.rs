//! Exchanging keys at rest. The master key: everything is written beside what is in use, and one rename decides.
//!
//! ```text
//! keys/slots.rotating     the new slots, complete
//! keys/keyring.rotating   the new keyring, complete and read back; its rename to keys/keyring is the moment
//! keys/slots              takes the new slots' place afterwards, now or at the next start
//! ```

use std::path::{Path, PathBuf};

use super::keyring::{self, Keyring, State, Version};
use super::master::{Folders, Source};
use super::recovery::RecoveryCode;
use super::service::{Held, Keys, paths};
use super::slots::{SlotCost, Slots};
use crate::clock::Timestamp;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::{file, random_key};
use crate::error::Error;
use crate::failpoint;
use crate::id::WorkspaceId;

impl Keys {
    /// The slots that belong to the keyring in use, also when a crash came between the two renames.
    pub fn slots(data: &Path) -> Result<Option<Slots>, Error> {
        let (ring_path, slots_path) = paths(data);
        let rotating = Slots::read(&beside(&slots_path))?;
        let ring = file::read_if_there(&ring_path)?;
        let needed = ring.as_deref().and_then(keyring::named_master_version);
        match rotating {
            Some(slots) if Some(slots.master_version()) == needed => Ok(Some(slots)),
            _ => Slots::read(&slots_path),
        }
    }

    /// Exchanges the master key for that of `source`, which is made where the source can hold it. Every root key is
    /// wrapped anew; data and backups stay as they are. Returns the new version of the master key.
    ///
    /// The old key, the old passphrase and the old recovery code open nothing any more when this returns.
    pub fn rotate_master(
        &self,
        folders: Folders<'_>,
        source: &Source,
        recovery: &RecoveryCode,
        cost: SlotCost,
        now: Timestamp,
    ) -> Result<u32, Error> {
        let mut held = self.held();
        let (ring_path, slots_path) = paths(folders.data);
        let slots = Keys::slots(folders.data)?;
        let slots = slots.ok_or_else(|| Error::Refused("the file keys/slots is missing".into()))?;
        let master = source.load_or_generate(folders)?;
        if slots.is_right(&master) {
            return Err(Error::Refused(
                "the new master key is the one in use; name a file that does not exist yet".into(),
            ));
        }
        failpoint::reach("master.key_written");
        let version = held.ring.master_version() + 1;
        let mut next_slots = Slots::new(slots.install, &master, version);
        next_slots.set_recovery_code(&master, recovery);
        if let Source::Passphrase(passphrase) = source {
            next_slots.set_passphrase(&master, passphrase, cost)?;
        }
        next_slots.write(&beside(&slots_path))?;
        failpoint::reach("master.slots_written");
        let subkeys = master.subkeys(&slots.install, version);
        let next = held.ring.under(&held.subkeys, &subkeys, version, now)?;
        let bytes = next.bytes(&subkeys);
        file::replace(&beside(&ring_path), &bytes, 0o600)?;
        let (read_back, its_subkeys) = Keyring::parse(&std::fs::read(beside(&ring_path))?, &master)?;
        if !held.ring.holds_the_same(&held.subkeys, &read_back, &its_subkeys)? {
            return Err(Error::internal("the keyring under the new master key holds other keys; nothing was changed"));
        }
        failpoint::reach("master.ring_written");
        std::fs::rename(beside(&ring_path), &ring_path)?;
        file::sync_folder_of(&ring_path)?;
        failpoint::reach("master.ring_renamed");
        *held = Held { ring: next, subkeys };
        keyring::remove_if_there(&keyring::previous(&ring_path))?;
        settle(folders.data, version)?;
        failpoint::reach("master.slots_renamed");
        Ok(version)
    }

    /// Which master key is in use, counted from 1.
    pub fn master_version(&self) -> u32 {
        self.held().ring.master_version()
    }

    /// Every version of every root key.
    pub fn versions(&self) -> Vec<Version> {
        self.held().ring.versions()
    }

    /// Makes the next root key of a workspace. It is on the disk, and opens nothing yet.
    pub fn add_pending(&self, workspace: WorkspaceId, now: Timestamp) -> Result<WorkspaceKeys, Error> {
        let root_key = random_key();
        let version = self.change(now, |ring, subkeys| ring.add_pending(subkeys, workspace, &root_key))?;
        self.workspace_version(workspace, version)
    }

    /// The version that a workspace is being moved to.
    pub fn pending(&self, workspace: WorkspaceId) -> Option<u32> {
        let is_it = |version: &Version| version.workspace == workspace && version.state == State::Pending;
        self.versions().into_iter().find(is_it).map(|version| version.version)
    }

    /// Takes the pending key away: the workspace was not moved to it.
    pub fn drop_pending(&self, workspace: WorkspaceId, now: Timestamp) -> Result<(), Error> {
        self.change(now, |ring, _| Ok(ring.drop_pending(workspace))).map(drop)
    }

    /// The pending key is the active one from now on; the one before opens older backups.
    pub fn promote(&self, workspace: WorkspaceId, now: Timestamp) -> Result<(), Error> {
        self.change(now, |ring, subkeys| ring.promote(subkeys, workspace, now))
    }

    /// Destroys a retired key: backups under it never open again. Ask first whether there are any.
    pub fn forget(&self, workspace: WorkspaceId, version: u32, now: Timestamp) -> Result<bool, Error> {
        self.change(now, |ring, _| Ok(ring.forget(workspace, version)))
    }
}

/// Brings an exchange of the master key to its end that stands between the renames, or clears away one that never
/// came so far. The keyring in use has been authenticated.
pub(super) fn settle(data: &Path, master_version: u32) -> Result<(), Error> {
    let (ring_path, slots_path) = paths(data);
    match Slots::read(&beside(&slots_path))? {
        Some(slots) if slots.master_version() == master_version => {
            std::fs::rename(beside(&slots_path), &slots_path)?;
        }
        Some(_) => keyring::remove_if_there(&beside(&slots_path))?,
        None => {}
    }
    keyring::remove_if_there(&beside(&ring_path))?;
    Ok(file::sync_folder_of(&slots_path)?)
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("rotating")
}
