//! The chain: what an entry's hash covers, and whether a whole log still holds together.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::store::{self, EntryFilter};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::WorkspaceId;

/// The hash before the first entry.
pub(super) const GENESIS: [u8; 32] = [0; 32];

/// The part of an entry that the hash covers. Names nobody.
pub(super) struct Sealed {
    pub sequence: i64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub object: String,
    pub workspace: Option<WorkspaceId>,
    pub network: String,
    pub detail: String,
    pub commitment: [u8; 32],
    pub previous: [u8; 32],
}

impl Sealed {
    /// SHA-256 over the domain, the previous hash, the sequence, every field with its length, and the commitment.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"holdfast/audit/v1");
        hash.update(self.previous);
        hash.update(self.sequence.to_be_bytes());
        hash.update(self.at.0.to_be_bytes());
        let workspace = self.workspace.map_or_else(Vec::new, |id| id.0.to_vec());
        for field in [
            self.actor.as_bytes(),
            self.action.as_bytes(),
            self.object.as_bytes(),
            &workspace,
            self.network.as_bytes(),
            self.detail.as_bytes(),
        ] {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        hash.update(self.commitment);
        hash.finalize().into()
    }
}

/// Binds the personal part without revealing it: gone are text and salt, the commitment stays.
pub(super) fn commit(salt: &[u8; 16], personal: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(salt).expect("HMAC takes any key length");
    mac.update(personal.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Entries between two words to whoever watches a check.
const WATCHED_EVERY: u64 = 1_000;

/// What a check of a whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry holds. `head` is the last hash: compare it with a copy kept elsewhere.
    Intact { entries: i64, erased: i64, first: i64, head: String },
    /// The first entry that does not hold, and why.
    Broken { sequence: i64, reason: String },
}

/// Checks every entry of the file's log: numbers without a gap, each hash, each link, each personal part that is still there.
pub fn verify(db: &Db) -> Result<Verdict, Error> {
    verify_watched(db, &mut |_, _| {})
}

/// The same; `watch` hears now and then how many of how many entries are through.
pub fn verify_watched(db: &Db, watch: &mut dyn FnMut(u64, u64)) -> Result<Verdict, Error> {
    let all = u64::try_from(store::count(db, &EntryFilter::default())?).unwrap_or(0);
    watch(0, all);
    let mut seen = 0;
    let mut entries = 0;
    let mut erased = 0;
    let mut first = 0;
    let mut expected: Option<(i64, [u8; 32])> = None;
    let mut broken: Option<(i64, String)> = None;
    store::walk(db, &mut |entry, personal, salt, hash| {
        seen += 1;
        if seen % WATCHED_EVERY == 0 || seen == all {
            watch(seen, all);
        }
        if broken.is_some() {
            return Ok(());
        }
        let fault = match expected {
            Some((sequence, _)) if entry.sequence != sequence => Some(format!("entry {sequence} is missing")),
            Some((_, previous)) if entry.previous != previous => Some("it does not follow the entry before it".into()),
            // A log may begin later than 1 once old entries were purged; then its first link is the anchor.
            None if entry.sequence == 1 && entry.previous != GENESIS => {
                Some("the log does not begin at its beginning".into())
            }
            _ if entry.hash() != *hash => Some("its content was changed".into()),
            _ => match (personal, salt) {
                (personal, Some(salt)) if commit(salt, personal.unwrap_or("")) != entry.commitment => {
                    Some("its personal part was changed".into())
                }
                (Some(_), None) => Some("its personal part lost its salt".into()),
                _ => None,
            },
        };
        if let Some(reason) = fault {
            broken = Some((entry.sequence, reason));
            return Ok(());
        }
        if entries == 0 {
            first = entry.sequence;
        }
        entries += 1;
        erased += i64::from(salt.is_none());
        expected = Some((entry.sequence + 1, *hash));
        Ok(())
    })?;
    Ok(match broken {
        Some((sequence, reason)) => Verdict::Broken { sequence, reason },
        None => {
            let head = expected.map_or(GENESIS, |(_, hash)| hash);
            Verdict::Intact { entries, erased, first, head: data_encoding::HEXLOWER.encode(&head) }
        }
    })
}
