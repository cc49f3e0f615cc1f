//! Copies of the keyring beside the backups: sealed under a key of the master key, the newest one always, older ones
//! for two weeks (keys-and-backups 2.6).
//!
//! They have a life of their own, shorter than that of the data: what was destroyed in the keyring is gone from its
//! copies soon after, whatever becomes of the data.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Keyring, Keys, Slots, paths};
use crate::clock::Timestamp;
use crate::crypto::file::{read_if_there, replace, sync_folder_of};
use crate::crypto::object::{self, Header, Kind, Reader};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::keys::{Folders, Source};

/// An older copy goes this long after a newer one was made.
pub const KEPT_MS: i64 = 14 * Timestamp::DAY;
/// No keyring is larger: a hundred thousand workspaces.
const LARGEST: usize = 32 * 1024 * 1024;

/// What a restore found of the keys in a backup.
pub struct FoundKeys {
    /// The file `keys/keyring`.
    pub keyring: Vec<u8>,
    /// The file `keys/slots`.
    pub slots: Option<Vec<u8>>,
    /// Newer copies that did not open, in words.
    pub passed_over: Vec<String>,
}

impl Keys {
    /// The id of this installation: it stands in the keyring, and binds everything that is sealed.
    pub fn installation(&self) -> [u8; 16] {
        let held = self.held();
        let bytes = held.ring.bytes(&held.subkeys);
        std::array::from_fn(|at| bytes[5 + at])
    }

    /// Puts a sealed copy of the keyring and a copy of the slots into `folder`, reads the copy back, and lets older
    /// copies go whose time is over. Gives the generation.
    pub fn write_copies(&self, folder: &Path, now: Timestamp) -> Result<u64, Error> {
        std::fs::create_dir_all(folder)?;
        let (bytes, seq) = {
            let held = self.held();
            (held.ring.bytes(&held.subkeys), held.ring.seq())
        };
        let path = path_of(folder, seq);
        if self.read_copy(&path).is_none_or(|copy| copy != bytes) {
            self.write_copy(&path, &bytes)?;
            if self.read_copy(&path).is_none_or(|copy| copy != bytes) {
                return Err(Error::internal("the copy of the keyring does not read back as it was written"));
            }
        }
        if let Some(slots) = read_if_there(&paths(self.path.parent().and_then(Path::parent).unwrap_or(folder)).1)? {
            let copy = folder.join("slots");
            if read_if_there(&copy)?.as_ref() != Some(&slots) {
                replace(&copy, &slots, 0o600)?;
            }
        }
        self.expire_copies(folder, now)?;
        Ok(seq)
    }

    /// Writes a copy of the keyring as it is into `folder`, and removes the copies that `goes` names by their
    /// generation: those under a master key of before, or those that hold a destroyed key. Where no copy was ever
    /// written, none is now. Returns how many went.
    pub fn renew_copies(&self, folder: &Path, now: Timestamp, goes: &dyn Fn(u64) -> bool) -> Result<usize, Error> {
        if !folder.is_dir() {
            return Ok(0);
        }
        let seq = self.write_copies(folder, now)?;
        let mut removed = 0;
        for (generation, copy) in copies_in(folder)? {
            if generation != seq && goes(generation) {
                std::fs::remove_file(&copy)?;
                sync_folder_of(&copy)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// What keeps a restore from finding the keys in `folder`, in words: nothing when the copy of the keyring opens as it
    /// is now, or as it was at the newest backup, in `generation`. What changed since then is copied by the next one.
    pub fn faults_of_copies(&self, folder: &Path, generation: u64) -> Option<String> {
        if self.read_copy(&path_of(folder, self.ring_seq())).is_some() {
            return None;
        }
        let path = path_of(folder, generation);
        let what = match (path.exists(), self.read_copy(&path).is_some()) {
            (_, true) => return None,
            (true, false) => "this copy of the keyring does not open",
            (false, false) => "the copy of the keyring is missing",
        };
        Some(format!("{}: {what}; the next backup writes it anew", path.display()))
    }

    fn write_copy(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let begun = path.with_extension("part");
        let _ = std::fs::remove_file(&begun);
        let master_version = u32::from_be_bytes([bytes[21], bytes[22], bytes[23], bytes[24]]);
        let install = WorkspaceId(self.installation());
        let id = object::new_id();
        let mut writer = {
            let held = self.held();
            object::create(&begun, &held.subkeys.ring_copy, Kind::KeyringCopy, install, id, master_version)?
        };
        writer.write_all(bytes)?;
        writer.finish()?.sync_all()?;
        std::fs::rename(&begun, path)?;
        Ok(sync_folder_of(path)?)
    }

    fn read_copy(&self, path: &Path) -> Option<Vec<u8>> {
        let mut file = File::open(path).ok()?;
        let header = Header::read(&mut file).ok()?;
        header.expect(Kind::KeyringCopy, WorkspaceId(self.installation())).ok()?;
        let copy = Reader::new(file, &self.held().subkeys.ring_copy, header).read_all(LARGEST).ok()?;
        Some(copy.to_vec())
    }

    /// A copy's time begins when the next one was made. What that one says cannot be read any more counts as long ago.
    fn expire_copies(&self, folder: &Path, now: Timestamp) -> Result<(), Error> {
        let copies = copies_in(folder)?;
        for pair in copies.windows(2) {
            let made = self.read_copy(&pair[1].1).map_or(0, |bytes| created(&bytes));
            if now.since(Timestamp(made)) > KEPT_MS {
                std::fs::remove_file(&pair[0].1)?;
                sync_folder_of(&pair[0].1)?;
            }
        }
        Ok(())
    }
}

/// When a keyring was written, as its header says.
fn created(bytes: &[u8]) -> i64 {
    let at = bytes.get(33..41).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
    i64::try_from(at).unwrap_or(i64::MAX)
}

fn path_of(folder: &Path, seq: u64) -> PathBuf {
    folder.join(format!("ring-{seq}.aobj"))
}

/// The generations in a folder with their files, the oldest first.
fn copies_in(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let seq = name.strip_prefix("ring-").and_then(|name| name.strip_suffix(".aobj"));
        if let Some(seq) = seq.and_then(|seq| seq.parse().ok()) {
            found.push((seq, path));
        }
    }
    found.sort();
    Ok(found)
}

/// Opens the newest copy of the keyring in `folder` that is whole, with whatever the operator has: key file,
/// credential, passphrase, recovery code. Changes nothing.
///
/// Fails with [`Error::Refused`], in words that say which of them is missing or wrong.
pub fn find_keys(folder: &Path, folders: Folders<'_>, source: &Source) -> Result<FoundKeys, Error> {
    let slots_path = folder.join("slots");
    let slots = Slots::read(&slots_path)?;
    let master = source.load(folders, slots.as_ref())?;
    if slots.is_some_and(|slots| !slots.is_right(&master)) {
        return Err(Error::Refused("this master key belongs to another installation; nothing was written".into()));
    }
    let copies = if folder.is_dir() { copies_in(folder)? } else { Vec::new() };
    if copies.is_empty() {
        return Err(Error::Refused(format!(
            "{}: there is no copy of the keyring, and without it no backup opens; nothing was written",
            folder.display()
        )));
    }
    let mut passed_over = Vec::new();
    for (seq, path) in copies.iter().rev() {
        let opened = (|| {
            let mut file = File::open(path)?;
            let header = Header::read(&mut file)?;
            if header.kind != Kind::KeyringCopy {
                return Err(Error::Refused("it is a sealed file of another kind".into()));
            }
            let subkeys = master.subkeys(&header.workspace.0, header.key_version);
            let bytes = Reader::new(file, &subkeys.ring_copy, header).read_all(LARGEST)?;
            Keyring::parse(&bytes, &master)?;
            Ok(bytes.to_vec())
        })();
        match opened {
            Ok(keyring) => return Ok(FoundKeys { keyring, slots: read_if_there(&slots_path)?, passed_over }),
            Err(error) => passed_over.push(format!("generation {seq}: {error}")),
        }
    }
    Err(Error::Refused(format!(
        "{}: no copy of the keyring opens with this master key ({}); nothing was written",
        folder.display(),
        passed_over.join("; ")
    )))
}
