//! `keys/slots`: the master key under a passphrase and under the recovery code.
//!
//! ```text
//! "HFKS" | version u8 = 1 | install 16 | master_version u32 | check value 8 | n u8
//! n × { kind u8 (1 passphrase, 2 recovery code) | memory_kib u32 | passes u32 | lanes u32 | salt 16
//!       | nonce 12 | sealed master key 32 | tag 16 }
//! ```
//!
//! Each slot is bound to all before it in the header but `n`, and to its own kind, cost and salt. A
//! passphrase goes through argon2id; the recovery code has 256 bits of its own, so HKDF is enough and
//! its three costs are 0.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::master::MasterKey;
use super::recovery::RecoveryCode;
use crate::crypto::aead::{self, NONCE, TAG};
use crate::crypto::derive::Root;
use crate::crypto::{Key, file, password, random};
use crate::error::Error;

const MAGIC: &[u8; 5] = b"HFKS\x01";
const SHARED_BYTES: usize = 5 + 16 + 4 + 8;
const SLOT_BYTES: usize = 1 + 12 + 16 + NONCE + 32 + TAG;
/// Part of a slot that its seal is bound to: kind, cost, salt.
const SLOT_BOUND: usize = 1 + 12 + 16;

/// What turning a passphrase into a key costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotCost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl SlotCost {
    /// 256 MiB, three passes: about two seconds on a small machine, paid once at a start.
    pub const STANDARD: SlotCost = SlotCost { memory_kib: 256 * 1024, passes: 3, lanes: 1 };
    /// Below this no slot is opened, so nobody can weaken the file and wait for the passphrase (KEY-3).
    pub const FLOOR: SlotCost = SlotCost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// Above this the file was changed to exhaust the machine.
    const CEILING: SlotCost = SlotCost { memory_kib: 4 * 1024 * 1024, passes: 64, lanes: 16 };
    const NONE: SlotCost = SlotCost { memory_kib: 0, passes: 0, lanes: 0 };

    fn is_allowed(self) -> bool {
        let (floor, ceiling) = (SlotCost::FLOOR, SlotCost::CEILING);
        (floor.memory_kib..=ceiling.memory_kib).contains(&self.memory_kib)
            && (floor.passes..=ceiling.passes).contains(&self.passes)
            && (floor.lanes..=ceiling.lanes).contains(&self.lanes)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Passphrase = 1,
    RecoveryCode = 2,
}

#[derive(Clone)]
struct Slot {
    kind: Kind,
    cost: SlotCost,
    salt: [u8; 16],
    nonce: [u8; NONCE],
    sealed: [u8; 32 + TAG],
}

/// The file, read.
#[derive(Clone)]
pub struct Slots {
    /// Which installation; salts everything that is derived from the master key.
    pub install: [u8; 16],
    master_version: u32,
    check_value: [u8; 8],
    slots: Vec<Slot>,
}

impl Slots {
    /// No slots yet, but the value that tells a wrong master key.
    pub(super) fn new(install: [u8; 16], master: &MasterKey, master_version: u32) -> Slots {
        Slots { install, master_version, check_value: master.check_value(&install), slots: Vec::new() }
    }

    /// The file at `path`; `None` when there is none.
    pub fn read(path: &Path) -> Result<Option<Slots>, Error> {
        let Some(bytes) = file::read_if_there(path)? else { return Ok(None) };
        let damaged = || Error::Refused(format!("{} is damaged; put back a copy of it", path.display()));
        Slots::parse(&bytes).map(Some).ok_or_else(damaged)
    }

    /// Replaces the file as a whole.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        file::replace(path, &self.bytes(), 0o600).map_err(Error::from)
    }

    /// Whether `master` is the key this installation was set up with.
    pub fn is_right(&self, master: &MasterKey) -> bool {
        // Eight public bytes, so the time of comparing them tells nothing.
        master.check_value(&self.install) == self.check_value
    }

    /// Rises when the master key is exchanged.
    pub fn master_version(&self) -> u32 {
        self.master_version
    }

    /// The file's bytes, to be handed to the process that has the data folder.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes()
    }

    /// Reads what [`Slots::to_bytes`] gave, if it belongs to the same installation and master key as `self`.
    pub fn like(&self, bytes: &[u8]) -> Result<Slots, Error> {
        Slots::parse(bytes)
            .filter(|other| other.shared_bytes() == self.shared_bytes())
            .ok_or_else(|| Error::Refused("the new slots belong to another master key; nothing was changed".into()))
    }

    pub fn has_passphrase(&self) -> bool {
        self.slot(Kind::Passphrase).is_some()
    }

    /// Adds or replaces the passphrase. It must keep the rules for passwords without a second factor.
    pub fn set_passphrase(&mut self, master: &MasterKey, passphrase: &str, cost: SlotCost) -> Result<(), Error> {
        password::check("passphrase", passphrase, false, &[]).map_err(|broken| Error::Invalid(vec![broken]))?;
        if !cost.is_allowed() {
            return Err(Error::internal("the cost of a passphrase slot is outside its limits"));
        }
        let salt = random();
        let key = passphrase_key(passphrase, cost, &salt)?;
        self.put(master, Kind::Passphrase, cost, salt, &key);
        Ok(())
    }

    /// Adds or replaces the recovery code; the one before stops working.
    pub fn set_recovery_code(&mut self, master: &MasterKey, code: &RecoveryCode) {
        let salt = random();
        self.put(master, Kind::RecoveryCode, SlotCost::NONE, salt, &recovery_key(code, &salt));
    }

    /// The master key. A wrong passphrase costs the whole derivation all the same.
    pub fn open_with_passphrase(&self, passphrase: &str) -> Result<MasterKey, Error> {
        let slot = self.slot(Kind::Passphrase);
        let slot = slot.ok_or_else(|| Error::Refused("this installation has no passphrase".into()))?;
        if !slot.cost.is_allowed() {
            return Err(Error::Refused(
                "keys/slots asks for less work on the passphrase than is safe, or more than is possible; put back a copy of it".into(),
            ));
        }
        let key = passphrase_key(passphrase, slot.cost, &slot.salt)?;
        self.open(slot, &key)
            .ok_or_else(|| Error::Refused("this is not the passphrase, or keys/slots was changed".into()))
    }

    /// The master key. Changes nothing, so it also serves for checking a code.
    pub fn open_with_recovery_code(&self, code: &RecoveryCode) -> Result<MasterKey, Error> {
        let slot = self.slot(Kind::RecoveryCode);
        let slot = slot.ok_or_else(|| Error::Refused("this installation has no recovery code".into()))?;
        self.open(slot, &recovery_key(code, &slot.salt)).ok_or_else(|| {
            Error::Refused(
                "this recovery code belongs to another installation, was replaced, or keys/slots was changed".into(),
            )
        })
    }

    fn slot(&self, kind: Kind) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.kind == kind)
    }

    fn open(&self, slot: &Slot, key: &Key) -> Option<MasterKey> {
        let opened = aead::open(key, &slot.nonce, &self.bound(slot), &slot.sealed).ok()?;
        let mut master = MasterKey(Key::default());
        master.0.copy_from_slice(&opened);
        self.is_right(&master).then_some(master)
    }

    fn put(&mut self, master: &MasterKey, kind: Kind, cost: SlotCost, salt: [u8; 16], key: &Key) {
        let mut slot = Slot { kind, cost, salt, nonce: random(), sealed: [0; 32 + TAG] };
        let sealed = aead::seal(key, &slot.nonce, &self.bound(&slot), master.0.as_slice());
        slot.sealed.copy_from_slice(&sealed);
        self.slots.retain(|other| other.kind != kind);
        self.slots.push(slot);
    }

    fn bound(&self, slot: &Slot) -> Vec<u8> {
        [b"holdfast/v1/slot".as_slice(), &self.shared_bytes(), &slot.bytes()[..SLOT_BOUND]].concat()
    }

    fn shared_bytes(&self) -> Vec<u8> {
        [MAGIC.as_slice(), &self.install, &self.master_version.to_be_bytes(), &self.check_value].concat()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.shared_bytes();
        bytes.push(self.slots.len() as u8); // One per kind at most.
        bytes.extend(self.slots.iter().flat_map(Slot::bytes));
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Slots> {
        let (shared, rest) = bytes.split_at_checked(SHARED_BYTES)?;
        let (count, rest) = rest.split_first()?;
        let (slots, []) = rest.as_chunks::<SLOT_BYTES>() else { return None };
        if !shared.starts_with(MAGIC) || slots.len() != usize::from(*count) {
            return None;
        }
        let slots = slots.iter().map(Slot::parse).collect::<Option<Vec<_>>>()?;
        let kinds = |kind| slots.iter().filter(|slot| slot.kind == kind).count();
        if kinds(Kind::Passphrase) > 1 || kinds(Kind::RecoveryCode) > 1 {
            return None;
        }
        Some(Slots {
            install: shared[5..21].try_into().ok()?,
            master_version: u32::from_be_bytes(shared[21..25].try_into().ok()?),
            check_value: shared[25..33].try_into().ok()?,
            slots,
        })
    }
}

impl Slot {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.kind as u8];
        for cost in [self.cost.memory_kib, self.cost.passes, self.cost.lanes] {
            bytes.extend_from_slice(&cost.to_be_bytes());
        }
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.sealed);
        bytes
    }

    fn parse(bytes: &[u8; SLOT_BYTES]) -> Option<Slot> {
        let number = |at: usize| Some(u32::from_be_bytes(bytes[at..at + 4].try_into().ok()?));
        let kind = [Kind::Passphrase, Kind::RecoveryCode].into_iter().find(|kind| *kind as u8 == bytes[0])?;
        Some(Slot {
            kind,
            cost: SlotCost { memory_kib: number(1)?, passes: number(5)?, lanes: number(9)? },
            salt: bytes[13..29].try_into().ok()?,
            nonce: bytes[29..41].try_into().ok()?,
            sealed: bytes[41..].try_into().ok()?,
        })
    }
}

fn passphrase_key(passphrase: &str, cost: SlotCost, salt: &[u8; 16]) -> Result<Key, Error> {
    let impossible = |source: argon2::Error| Error::internal(format!("argon2: {source}"));
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(impossible)?;
    let normalised = Zeroizing::new(passphrase.nfkc().collect::<String>());
    let mut key = Key::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(normalised.as_bytes(), salt, key.as_mut_slice())
        .map_err(impossible)?;
    Ok(key)
}

fn recovery_key(code: &RecoveryCode, salt: &[u8; 16]) -> Key {
    Root::extract(salt, &code.0).expand(&[b"holdfast/v1/recovery-slot"])
}
