//! The erasure ledger: what must stay done when a workspace comes back from a backup (keys-and-backups 2.6, M2).
//!
//! It lies in `control.db`, outside the workspaces' files, and as a signed journal in the data folder beside the
//! backups. Entries name nobody: numbers of rows, and pseudonyms under a key of the workspace. Those of a workspace
//! form a hash chain. A restore applies every entry that is newer than the backup.

pub mod data_map;
mod journal;
mod outbox;
mod store;

use serde_json::{Value, json};

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::permission::words;
use crate::privacy::certificate::{Signer, canonical};
use sha2::{Digest, Sha256};

pub use journal::{TROUBLE_FACT, folder, mirror, path, read_journal};
pub use outbox::{CARRY, carry_over, note, note_pseudonym};

words! {
    /// What was done to somebody's data, or asked about it.
    Kind {
        Erase = "erase",
        Restrict = "restrict",
        RestrictionLifted = "restriction_lifted",
        Object = "object",
        /// They took it back.
        ObjectionLifted = "objection_lifted",
        Unsubscribe = "unsubscribe",
        ConsentWithdrawn = "consent_withdrawn",
        WorkspacePurged = "workspace_purged",
    }
}

words! {
    /// An erasure is written down before anything is destroyed, and again when it is through.
    Phase {
        Begun = "begun",
        Done = "done",
    }
}

/// An entry to be added.
pub struct NewEntry {
    pub kind: Kind,
    pub phase: Phase,
    /// `PersonKind::word`; empty for a whole workspace.
    pub subject_kind: String,
    /// Every id of the person.
    pub subject_ids: Vec<i64>,
    /// What else a restore must know. Numbers and words of ours; never a name or an address.
    pub detail: Value,
    /// `suppression::pseudonym` of each address and number.
    pub pseudonyms: Vec<[u8; 32]>,
}

/// An entry as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub workspace: WorkspaceId,
    pub position: i64,
    pub at: Timestamp,
    pub kind: String,
    pub phase: String,
    pub subject_kind: String,
    /// JSON.
    pub subject_ids: String,
    /// JSON.
    pub detail: String,
    /// JSON.
    pub pseudonyms: String,
    pub previous: [u8; 32],
    pub hash: [u8; 32],
}

impl Entry {
    /// The entry as JSON: what the hash covers, and a line of the journal.
    fn fact(&self) -> Value {
        json!({
            "workspace": self.workspace.to_string(),
            "position": self.position,
            "at": self.at.rfc3339(),
            "kind": self.kind,
            "phase": self.phase,
            "subject_kind": self.subject_kind,
            "subject_ids": self.subject_ids,
            "detail": self.detail,
            "pseudonyms": self.pseudonyms,
            "previous": data_encoding::HEXLOWER.encode(&self.previous),
        })
    }

    /// The entry that a line of the journal is about; its hash is computed anew.
    fn from_fact(fact: &Value) -> Option<Entry> {
        let text = |name: &str| fact[name].as_str().map(str::to_owned);
        let mut entry = Entry {
            workspace: fact["workspace"].as_str()?.parse().ok()?,
            position: fact["position"].as_i64()?,
            at: Timestamp::parse(fact["at"].as_str()?)?,
            kind: text("kind")?,
            phase: text("phase")?,
            subject_kind: text("subject_kind")?,
            subject_ids: text("subject_ids")?,
            detail: text("detail")?,
            pseudonyms: text("pseudonyms")?,
            previous: data_encoding::HEXLOWER.decode(fact["previous"].as_str()?.as_bytes()).ok()?.try_into().ok()?,
            hash: [0; 32],
        };
        entry.hash = entry.computed();
        Some(entry)
    }

    /// The addresses of the person, as the suppression list knows them.
    pub fn pseudonyms(&self) -> Result<Vec<[u8; 32]>, Error> {
        let hexes: Vec<String> = serde_json::from_str(&self.pseudonyms)?;
        let decoded = hexes.iter().map(|hex| data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok());
        decoded.collect::<Option<_>>().ok_or_else(|| Error::internal("a pseudonym in the ledger is no hash"))
    }

    fn computed(&self) -> [u8; 32] {
        Sha256::digest(format!("holdfast/ledger/v1\n{}", canonical(&self.fact()))).into()
    }
}

/// Adds an entry to the ledger of a workspace; gives its place in the chain. `tx` writes `control.db`. Call
/// [`mirror`] after the commit. The caller audits.
pub fn append(tx: &Tx, workspace: WorkspaceId, new: &NewEntry) -> Result<(i64, [u8; 32]), Error> {
    let (position, previous) = store::head(tx, workspace)?;
    let hexes: Vec<String> = new.pseudonyms.iter().map(|hash| data_encoding::HEXLOWER.encode(hash)).collect();
    let mut entry = Entry {
        workspace,
        position: position + 1,
        at: tx.now,
        kind: new.kind.word().into(),
        phase: new.phase.word().into(),
        subject_kind: new.subject_kind.clone(),
        subject_ids: serde_json::to_string(&new.subject_ids)?,
        detail: canonical(&new.detail),
        pseudonyms: serde_json::to_string(&hexes)?,
        previous,
        hash: [0; 32],
    };
    entry.hash = entry.computed();
    store::insert(tx, &entry)?;
    Ok((entry.position, entry.hash))
}

/// The entries of a workspace after a place in its chain, oldest first.
pub fn entries(db: &Db, workspace: WorkspaceId, after: i64) -> Result<Vec<Entry>, Error> {
    store::entries(db, workspace, after)
}

/// Adds entries of a journal that the ledger does not have, after a restore; says how many. The caller audits.
///
/// Fails with [`Error::Refused`] when they do not follow what is there.
pub fn take_over(tx: &Tx, workspace: WorkspaceId, journal: &[Entry]) -> Result<usize, Error> {
    let (mut position, mut previous) = store::head(tx, workspace)?;
    let mut added = 0;
    for entry in journal.iter().filter(|entry| entry.workspace == workspace) {
        if entry.position <= position {
            continue;
        }
        if entry.position != position + 1 || entry.previous != previous {
            return Err(Error::Refused(format!(
                "entry {} in the journal of erasures does not follow the one before it; nothing was written",
                entry.position
            )));
        }
        store::insert(tx, entry)?;
        (position, previous) = (entry.position, entry.hash);
        added += 1;
    }
    Ok(added)
}

/// The newest entry of a workspace: its place and its hash; 0 while there is none.
pub fn head(db: &Db, workspace: WorkspaceId) -> Result<(i64, [u8; 32]), Error> {
    store::head(db, workspace)
}

/// The first entry of a workspace that does not hold; `None` when the whole chain does.
pub fn first_broken(db: &Db, workspace: WorkspaceId) -> Result<Option<i64>, Error> {
    let mut last = (0, [0; 32]);
    for entry in store::entries(db, workspace, 0)? {
        if entry.position != last.0 + 1 || entry.previous != last.1 || entry.computed() != entry.hash {
            return Ok(Some(entry.position));
        }
        last = (entry.position, entry.hash);
    }
    Ok(None)
}

/// What signs the journal, and certificates.
pub fn signer(app: &App) -> Result<Signer, Error> {
    Signer::new(&app.control_keys.certificate)
}
