//! The keys of an open installation.

pub mod copies;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::keyring::Keyring;
use super::master::{Folders, MasterKey, MasterSubkeys, Source};
use super::recovery::RecoveryCode;
use super::rotation;
use super::slots::{SlotCost, Slots};
use crate::clock::Timestamp;
use crate::crypto::derive::{ControlKeys, WorkspaceKeys};
use crate::crypto::{Key, random, random_key};
use crate::error::Error;
use crate::id::WorkspaceId;

/// The version of the first master key; rises when it is exchanged.
const FIRST_MASTER_VERSION: u32 = 1;

/// Hands out the keys of workspaces. One for the process; every method may be called from any thread.
pub struct Keys {
    pub(super) path: PathBuf,
    pub(super) held: Mutex<Held>,
}

/// The keyring with what opens it: both change together when the master key is exchanged.
pub(super) struct Held {
    pub ring: Keyring,
    pub subkeys: MasterSubkeys,
}

impl Held {
    fn derive(&self, workspace: WorkspaceId, version: u32, root_key: &Key) -> Result<WorkspaceKeys, Error> {
        let mut keys = WorkspaceKeys::derive(workspace, version, root_key);
        if let Some(lasting) = self.ring.lasting(&self.subkeys, workspace)? {
            keys.blind_index = lasting;
        }
        Ok(keys)
    }
}

impl Keys {
    /// Sets up a new installation: master key, slots, a keyring with the control key.
    ///
    /// Print `recovery` and have two of its groups typed back before calling this, so that no
    /// installation exists whose recovery code nobody wrote down. `cost` matters for a passphrase only.
    pub fn create(
        folders: Folders<'_>,
        source: &Source,
        recovery: &RecoveryCode,
        cost: SlotCost,
        now: Timestamp,
    ) -> Result<Keys, Error> {
        let (ring_path, slots_path) = paths(folders.data);
        if ring_path.exists() {
            let there = folders.data.display();
            return Err(Error::Refused(format!("{there} already holds an installation; its keys are left alone")));
        }
        if slots_path.exists() {
            // Not overwritten unasked: were the keyring only lost, these slots would still be needed.
            return Err(Error::Refused(format!(
                "{} is there without a keyring: if a setup broke off, remove it and begin again; if a keyring was lost, \
                 put back its copy",
                slots_path.display()
            )));
        }
        let keys_folder = folders.data.join("keys");
        std::fs::create_dir_all(&keys_folder)?;
        std::fs::set_permissions(&keys_folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let master = source.load_or_generate(folders)?;
        let install = random();
        let mut slots = Slots::new(install, &master, FIRST_MASTER_VERSION);
        slots.set_recovery_code(&master, recovery);
        if let Source::Passphrase(passphrase) = source {
            slots.set_passphrase(&master, passphrase, cost)?;
        }
        slots.write(&slots_path)?;
        let subkeys = master.subkeys(&install, FIRST_MASTER_VERSION);
        let mut ring = Keyring::new(install, FIRST_MASTER_VERSION);
        ring.add(&subkeys, WorkspaceId::CONTROL, &random_key())?;
        ring.store(&ring_path, &subkeys, now)?;
        Ok(Keys { path: ring_path, held: Mutex::new(Held { ring, subkeys }) })
    }

    /// Whether `data` holds an installation that [`Keys::open`] could open.
    pub fn exist(data: &Path) -> bool {
        paths(data).0.exists()
    }

    /// Opens the keyring. A wrong key is told as such before anything is unwrapped; nothing is changed but that an
    /// exchange of the master key which a crash cut off is brought to its end.
    pub fn open(folders: Folders<'_>, source: &Source) -> Result<Keys, Error> {
        let ring_path = paths(folders.data).0;
        let slots = Keys::slots(folders.data)?;
        let master = source.load(folders, slots.as_ref())?;
        if slots.is_some_and(|slots| !slots.is_right(&master)) {
            return Err(another_key());
        }
        let (ring, subkeys) = Keyring::load(&ring_path, &master)?;
        rotation::settle(folders.data, ring.master_version())?;
        Ok(Keys { path: ring_path, held: Mutex::new(Held { ring, subkeys }) })
    }

    /// Loads the master key and the slots, for commands that change a slot. Checks that they belong together.
    pub fn master(folders: Folders<'_>, source: &Source) -> Result<(MasterKey, Slots), Error> {
        let slots = Keys::slots(folders.data)?;
        let slots = slots.ok_or_else(|| Error::Refused("the file keys/slots is missing".into()))?;
        let master = source.load(folders, Some(&slots))?;
        if !slots.is_right(&master) {
            return Err(another_key());
        }
        Ok((master, slots))
    }

    /// Where [`Slots::write`] puts the slots of an installation.
    pub fn slots_path(data: &Path) -> PathBuf {
        paths(data).1
    }

    /// The keys of the control file and of the installation itself.
    pub fn control(&self) -> Result<ControlKeys, Error> {
        let held = self.held();
        let (version, root_key) = held.ring.active(&held.subkeys, WorkspaceId::CONTROL)?;
        Ok(ControlKeys::derive(version, &root_key))
    }

    /// The keys a workspace is used with today.
    pub fn workspace(&self, workspace: WorkspaceId) -> Result<WorkspaceKeys, Error> {
        let held = self.held();
        let (version, root_key) = held.ring.active(&held.subkeys, workspace)?;
        held.derive(workspace, version, &root_key)
    }

    /// The keys of one version, for what was sealed under it and says so.
    pub fn workspace_version(&self, workspace: WorkspaceId, version: u32) -> Result<WorkspaceKeys, Error> {
        let held = self.held();
        let root_key = held.ring.version(&held.subkeys, workspace, version)?;
        held.derive(workspace, version, &root_key)
    }

    /// Makes the root key of a new workspace. When this returns it is on the disk.
    pub fn create_workspace_key(&self, workspace: WorkspaceId, now: Timestamp) -> Result<WorkspaceKeys, Error> {
        let root_key = random_key();
        self.change(now, |ring, subkeys| ring.add(subkeys, workspace, &root_key))?;
        self.workspace(workspace)
    }

    /// Destroys every version of a workspace's root key: nothing sealed under it opens again.
    ///
    /// `false` when there was none, so that a purge may be repeated. The control key stays.
    pub fn destroy_workspace_key(&self, workspace: WorkspaceId, now: Timestamp) -> Result<bool, Error> {
        if workspace == WorkspaceId::CONTROL {
            return Err(Error::internal("the control key cannot be destroyed"));
        }
        if !self.workspaces().contains(&workspace) {
            return Ok(false);
        }
        self.change(now, |ring, _| Ok(ring.remove(workspace)))
    }

    /// Which workspaces have a key.
    pub fn workspaces(&self) -> Vec<WorkspaceId> {
        self.held().ring.workspaces().collect()
    }

    /// The keyring's generation. Remember the highest one in the control file.
    pub fn ring_seq(&self) -> u64 {
        self.held().ring.seq()
    }

    /// Refuses a keyring older than one that was in use: somebody put back a copy, keys of deleted
    /// workspaces included. `highest_seen` is what the control file remembers.
    pub fn refuse_older_than(&self, highest_seen: u64) -> Result<(), Error> {
        let seq = self.ring_seq();
        if seq < highest_seen {
            return Err(Error::Refused(format!(
                "the keyring is an older one (generation {seq}, but {highest_seen} was in use): put back the newest copy, \
                 or restore the whole installation"
            )));
        }
        Ok(())
    }

    /// Changes the keyring: on the disk first, then here.
    pub(super) fn change<T>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut Keyring, &MasterSubkeys) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut held = self.held();
        let mut next = held.ring.clone();
        let result = work(&mut next, &held.subkeys)?;
        next.store(&self.path, &held.subkeys, now)?;
        held.ring = next;
        Ok(result)
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        // A panic while it was held cannot have left half a change: a change is assigned in one step.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn another_key() -> Error {
    Error::Refused(
        "this master key is not the one in use: it was exchanged for a newer one, or belongs to another installation; \
         nothing was changed"
            .into(),
    )
}

pub(super) fn paths(data: &Path) -> (PathBuf, PathBuf) {
    (data.join("keys/keyring"), data.join("keys/slots"))
}
