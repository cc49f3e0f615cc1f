//! The chain: what an entry's hash covers, and whether a whole log still holds together.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::checkpoint::Checkpoint;
use super::purge::PURGED;
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

/// What a check of a whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry holds. `head` is the last hash: compare it with a copy kept elsewhere.
    Intact {
        entries: i64,
        erased: i64,
        first: i64,
        head: String,
        /// Checkpoints written earlier that the log agrees with.
        checkpoints: usize,
    },
    /// The first entry that does not hold, and why.
    Broken { sequence: i64, reason: String },
}

/// One entry with everything that a check needs.
pub(super) struct Link<'a> {
    pub entry: &'a Sealed,
    pub personal: Option<&'a str>,
    pub salt: Option<&'a [u8; 16]>,
    pub hash: &'a [u8; 32],
}

impl Link<'_> {
    /// Why the entry by itself does not hold; `None` when it does.
    pub fn fault(&self) -> Option<String> {
        if self.entry.hash() != *self.hash {
            return Some("its content was changed".into());
        }
        match (self.personal, self.salt) {
            (personal, Some(salt)) if commit(salt, personal.unwrap_or("")) != self.entry.commitment => {
                Some("its personal part was changed".into())
            }
            (Some(_), None) => Some("its personal part lost its salt".into()),
            _ => None,
        }
    }

    /// When the entry says that everything up to a number was let go: that number, and the hash there.
    pub fn purged(&self) -> Option<(i64, String)> {
        if self.entry.action != PURGED {
            return None;
        }
        let detail: serde_json::Value = serde_json::from_str(&self.entry.detail).ok()?;
        Some((detail["through"].as_i64()?, detail["head"].as_str()?.to_owned()))
    }
}

/// Goes along a log, entry by entry from the oldest, and stops believing at the first that does not hold.
pub(super) struct Walk<'a> {
    /// By size, the smallest first.
    checkpoints: std::iter::Peekable<std::vec::IntoIter<&'a Checkpoint>>,
    agreed: usize,
    entries: i64,
    erased: i64,
    /// The first entry: its number, and the hash it builds on.
    first: Option<(i64, [u8; 32])>,
    /// A purge says that the log may begin where it does.
    is_anchored: bool,
    /// The entries are a part of a log: they may begin and end anywhere.
    is_part: bool,
    last: (i64, [u8; 32]),
    broken: Option<(i64, String)>,
}

impl<'a> Walk<'a> {
    /// Holds the log against what was written about it earlier, too.
    pub fn new(checkpoints: &'a [Checkpoint]) -> Walk<'a> {
        let mut sorted: Vec<&Checkpoint> = checkpoints.iter().collect();
        sorted.sort_by_key(|checkpoint| checkpoint.size);
        Walk {
            checkpoints: sorted.into_iter().peekable(),
            agreed: 0,
            entries: 0,
            erased: 0,
            first: None,
            is_anchored: false,
            is_part: false,
            last: (0, GENESIS),
            broken: None,
        }
    }

    /// The same for a part of a log.
    pub fn of_a_part(mut self) -> Walk<'a> {
        self.is_part = true;
        self
    }

    pub fn step(&mut self, link: &Link) {
        if self.broken.is_some() {
            return;
        }
        let sequence = link.entry.sequence;
        let fault = match self.first {
            Some(_) if sequence != self.last.0 + 1 => Some(format!("entry {} is missing", self.last.0 + 1)),
            Some(_) if link.entry.previous != self.last.1 => Some("it does not follow the entry before it".into()),
            None if sequence == 1 && link.entry.previous != GENESIS => {
                Some("the log does not begin at its beginning".into())
            }
            _ => link.fault(),
        };
        let fault = fault.or_else(|| self.disagrees(sequence, link.hash));
        if let Some(reason) = fault {
            self.broken = Some((sequence, reason));
            return;
        }
        let (first, root) = *self.first.get_or_insert((sequence, link.entry.previous));
        if let Some((through, head)) = link.purged() {
            self.is_anchored |= through + 1 == first && head == data_encoding::HEXLOWER.encode(&root);
        }
        self.entries += 1;
        self.erased += i64::from(link.salt.is_none());
        self.last = (sequence, *link.hash);
    }

    /// What a checkpoint of this very size said otherwise.
    fn disagrees(&mut self, sequence: i64, hash: &[u8; 32]) -> Option<String> {
        // Those of entries that were let go since say nothing any more.
        while self.checkpoints.next_if(|checkpoint| checkpoint.size < sequence).is_some() {}
        while let Some(checkpoint) = self.checkpoints.next_if(|checkpoint| checkpoint.size == sequence) {
            if checkpoint.head != *hash {
                return Some(format!("the checkpoint of {} says otherwise", checkpoint.at.rfc3339()));
            }
            self.agreed += 1;
        }
        None
    }

    pub fn verdict(mut self) -> Verdict {
        let first = self.first.map_or(0, |(first, _)| first);
        if let Some((sequence, reason)) = self.broken {
            return Verdict::Broken { sequence, reason };
        }
        if first > 1 && !self.is_anchored && !self.is_part {
            let reason = "the entries before it are gone, and no purge says so".into();
            return Verdict::Broken { sequence: first, reason };
        }
        if let Some(checkpoint) = self.checkpoints.next() {
            let (at, size) = (checkpoint.at.rfc3339(), checkpoint.size);
            let reason = format!("the log ends before it, though the checkpoint of {at} saw {size} entries");
            return Verdict::Broken { sequence: self.last.0 + 1, reason };
        }
        Verdict::Intact {
            entries: self.entries,
            erased: self.erased,
            first,
            head: data_encoding::HEXLOWER.encode(&self.last.1),
            checkpoints: self.agreed,
        }
    }
}

/// Entries between two words to whoever watches a check.
const WATCHED_EVERY: u64 = 1_000;

/// Checks every entry of the file's log: numbers without a gap, each hash, each link, each personal part that is
/// still there, and each of the checkpoints.
pub fn verify(db: &Db, checkpoints: &[Checkpoint]) -> Result<Verdict, Error> {
    verify_watched(db, checkpoints, &mut |_, _| {})
}

/// The same; `watch` hears now and then how many of how many entries are through.
pub fn verify_watched(db: &Db, checkpoints: &[Checkpoint], watch: &mut dyn FnMut(u64, u64)) -> Result<Verdict, Error> {
    let all = u64::try_from(store::count(db, &EntryFilter::default())?).unwrap_or(0);
    watch(0, all);
    let mut seen = 0;
    let mut walk = Walk::new(checkpoints);
    store::walk(db, &mut |link| {
        seen += 1;
        if seen % WATCHED_EVERY == 0 || seen == all {
            watch(seen, all);
        }
        walk.step(&link);
        Ok(())
    })?;
    Ok(walk.verdict())
}
