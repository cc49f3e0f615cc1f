//! A sealed file that is made to be handed out once and then goes: what the copy of a person's data and the export of
//! a whole workspace have in common.
//!
//! The row of a parcel lies in the table of its kind, under the same names of columns everywhere; the file lies beside
//! the database, under a key of its own that only the row holds. So who destroys the key destroys the file.

mod store;

use std::fs::File;

use rusqlite::Row;

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::envelope::{self, Place};
use crate::crypto::object::Reader;
use crate::crypto::token::{self, NewToken};
use crate::db::{Db, Tx, Workspace};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::permission::words;

/// A parcel can be taken for this long (promises.md, section 9).
pub const LASTS_MS: i64 = 7 * Timestamp::DAY;

/// Every kind there is: whatever holds for all parcels walks this list.
const KINDS: [Kind; 2] = [super::access_package::KIND, super::workspace_export::KIND];

words! {
    /// How far a parcel is.
    State {
        Building = "building",
        Ready = "ready",
        /// It was handed out.
        Taken = "taken",
        /// Its file and its key are gone.
        Expired = "expired",
        /// There was nothing to make it of: the person is gone.
        Failed = "failed",
        /// Somebody stopped it before it was made.
        Cancelled = "cancelled",
    }
}

/// One kind of parcel.
pub struct Kind {
    /// The table of its rows.
    pub table: &'static str,
    /// What refusals call it: "this copy".
    pub word: &'static str,
}

/// What opens the file of a parcel; empty while there is none.
#[derive(Debug, Clone, Default)]
pub struct Sealed {
    object: Option<[u8; 16]>,
    key: Option<Vec<u8>>,
    key_version: u32,
}

impl Sealed {
    /// From the columns `object`, `sealed_key` and `key_version`.
    pub fn read(row: &Row) -> rusqlite::Result<Sealed> {
        let object: Option<Vec<u8>> = row.get("object")?;
        Ok(Sealed {
            object: object.and_then(|object| object.try_into().ok()),
            key: row.get("sealed_key")?,
            key_version: row.get("key_version")?,
        })
    }
}

/// What the page behind a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Here,
    Used,
    Gone,
    NotYet,
}

impl Standing {
    pub fn of(state: State, is_released: bool, expires_at: Timestamp, now: Timestamp) -> Standing {
        match state {
            _ if expires_at <= now => Standing::Gone,
            State::Taken => Standing::Used,
            State::Ready if is_released => Standing::Here,
            State::Building | State::Ready => Standing::NotYet,
            State::Expired | State::Failed | State::Cancelled => Standing::Gone,
        }
    }

    /// The status of the answer: what is used or gone does not come back.
    pub fn status(self) -> u16 {
        match self {
            Standing::Here | Standing::NotYet => 200,
            Standing::Used | Standing::Gone => 410,
        }
    }
}

impl Kind {
    /// Fails with [`Error::Conflict`], in words, unless the file is there and may be taken, or was.
    pub fn demand_here(
        &self,
        state: State,
        is_released: bool,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let word = self.word;
        let why = match state {
            _ if expires_at <= now => format!("{word} is gone: it was kept for seven days"),
            State::Expired => format!("{word} is gone: its file and its key are destroyed"),
            State::Failed => "there is no copy, because the person is gone".into(),
            State::Cancelled => format!("{word} was stopped before it was made"),
            State::Building => format!("{word} is still being made"),
            State::Ready | State::Taken if is_released => return Ok(()),
            State::Ready | State::Taken => format!("{word} waits for the checks of its request"),
        };
        Err(Error::Conflict(why))
    }

    /// The one link that opens a parcel without an account; the one of before opens nothing any more, and a parcel that
    /// was taken can be taken once more. The caller has asked [`Kind::demand_here`], and audits.
    pub fn link(&self, tx: &Tx, id: i64) -> Result<NewToken, Error> {
        let token = NewToken::generate("");
        store::set_link(tx, self.table, id, &token.hash)?;
        Ok(token)
    }

    /// The id of the parcel that a link opens; the text is what stands in its address.
    pub fn of_link(&self, db: &Db, text: &str) -> Result<Option<i64>, Error> {
        store::of_link(db, self.table, &token::hash_token(text))
    }

    /// Notes that the parcel leaves; nobody takes it twice. The caller has asked [`Kind::demand_here`], and audits.
    pub fn take(&self, tx: &Tx, id: i64) -> Result<(), Error> {
        if store::set_taken(tx, self.table, id)? {
            return Ok(());
        }
        let word = self.word;
        Err(Error::Conflict(format!("{word} was downloaded before, and it can be downloaded once: ask for a new link")))
    }

    /// The key of a file, as its row keeps it.
    pub fn seal(&self, keys: &WorkspaceKeys, id: i64, key: &Key) -> Vec<u8> {
        envelope::seal(&keys.field, &self.place(keys.workspace, id, keys.version), key.as_slice())
    }

    /// Opens what was sealed. Whether it may be taken was asked before.
    pub fn open(&self, app: &App, workspace: &Workspace, id: i64, sealed: &Sealed) -> Result<Reader<File>, Error> {
        let (Some(object), Some(sealed_key)) = (sealed.object, sealed.key.as_ref()) else {
            return Err(Error::NotFound("file"));
        };
        let keys = app.keys.workspace_version(workspace.id, sealed.key_version)?;
        let opened = envelope::open(&keys.field, &self.place(workspace.id, id, sealed.key_version), sealed_key)?;
        let mut key = Key::default();
        if opened.len() != key.len() {
            return Err(Error::internal("the key of a sealed file has another length"));
        }
        key.copy_from_slice(&opened);
        workspace.packages().open(&object, &key)
    }

    /// Destroys the keys of those whose time is over, made or not; says how many. The caller audits.
    pub fn expire(&self, tx: &Tx) -> Result<usize, Error> {
        store::expire(tx, self.table, tx.now)
    }

    /// Destroys the keys of all of this kind that are made; says how many. The caller audits.
    pub fn expire_made(&self, tx: &Tx) -> Result<usize, Error> {
        store::expire_made(tx, self.table)
    }

    fn place(&self, workspace: WorkspaceId, id: i64, key_version: u32) -> Place<'static> {
        Place { workspace, table: self.table, column: "sealed_key", row: id, key_version }
    }
}

/// Removes sealed files that no row names: those whose time is over, those that an erasure ended, those whose making was
/// cut off.
pub fn sweep(workspace: &Workspace, now: Timestamp) -> Result<usize, Error> {
    let blobs = workspace.packages();
    let incoming = blobs.sweep_incoming()?;
    let is_named = |db: &Db, object: &[u8; 16]| {
        for kind in &KINDS {
            if store::is_named(db, kind.table, object)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let placed = blobs.sweep(&|object| workspace.file.read(now, |db| is_named(db, object)))?;
    Ok(incoming + placed)
}

/// After an import: what is sealed in another workspace's folder is not here.
pub fn arrived(tx: &Tx) -> Result<(), Error> {
    KINDS.iter().try_for_each(|kind| store::expire_all(tx, kind.table))
}

/// Ends every link that was sent out, as after a restore; says how many. The caller audits.
pub fn end_links(tx: &Tx) -> Result<usize, Error> {
    KINDS.iter().map(|kind| store::forget_links(tx, kind.table)).sum()
}

#[cfg(test)]
mod tests {
    use super::KINDS;

    /// A table of parcels that is not in the list would lose its files to the sweep of the others.
    #[test]
    fn every_table_with_a_link_and_a_sealed_file_is_a_kind() {
        let mut found = Vec::new();
        for file in std::fs::read_dir("migrations/workspace/privacy").unwrap().flatten() {
            let text = std::fs::read_to_string(file.path()).unwrap();
            for table in text.split("CREATE TABLE ").skip(1) {
                let body = table.split(") STRICT").next().unwrap_or_default();
                if ["link_hash ", "sealed_key ", "expires_at "].iter().all(|column| body.contains(column)) {
                    found.push(table.split_whitespace().next().unwrap_or_default().to_owned());
                }
            }
        }
        found.sort();
        assert_eq!(found, KINDS.map(|kind| kind.table));
    }
}
