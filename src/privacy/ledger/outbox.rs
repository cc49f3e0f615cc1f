//! The way of an entry from a workspace's file to the ledger, which lies in another.
//!
//! A change that a restore must not forget writes a row here, in its own transaction: so there is no change without an
//! entry on its way. A job carries the rows over right after the commit, each once: the entry bears the row's number.

use serde_json::{Value, json};

use super::{Kind, NewEntry, Phase, append, entries, mirror, store};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{DbFile, Origin, Tx, Workspace};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::privacy::audit::{self, Event};
use crate::privacy::subject::Person;
use crate::privacy::suppression;

/// Wanted after every change that wrote a row; runs by itself for those that a crash cut off.
pub const CARRY: Job = Job {
    name: "privacy.ledger.carry",
    purpose: "Writes restrictions, objections and withdrawals into the ledger that a restore goes by.",
    schedule: Schedule::EveryMinutes(30),
    work: Work::Workspace(carry),
};

const BATCH: i64 = 200;
/// Entries that a crash can have left twice are among the last: those of one batch, and what came in between.
const LOOK_BACK: i64 = 1_000;

/// A row on its way.
pub(super) struct Waiting {
    pub id: i64,
    pub kind: String,
    pub subject_kind: String,
    pub subject_ids: Vec<i64>,
    pub detail: Value,
    pub pseudonyms: Vec<[u8; 32]>,
    pub at: Timestamp,
}

impl Waiting {
    /// Whether an entry with this detail is the row's. A file that was restored counts anew, so the moment counts too.
    fn is(&self, detail: &Value) -> bool {
        detail["note"] == self.id && detail["done_at"] == self.at.rfc3339()
    }
}

/// Puts an entry about a person on its way to the ledger. `detail` says what else a restore must know, in words of ours
/// that name nobody. The caller audits.
pub fn note(tx: &Tx, kind: Kind, person: &Person, detail: Value) -> Result<(), Error> {
    let key = tx.blind_index()?;
    let known = (person.kind.identities)(tx, person.id())?;
    let pseudonyms = known.iter().map(|known| suppression::pseudonym(key, known.kind, &known.normalised)).collect();
    put(tx, kind, person.kind.word, person.ids.clone(), detail, pseudonyms)
}

/// The same about an address or number of which only the pseudonym is known.
pub fn note_pseudonym(tx: &Tx, kind: Kind, pseudonym: [u8; 32], detail: Value) -> Result<(), Error> {
    put(tx, kind, "", Vec::new(), detail, vec![pseudonym])
}

fn put(
    tx: &Tx,
    kind: Kind,
    subject_kind: &str,
    subject_ids: Vec<i64>,
    detail: Value,
    pseudonyms: Vec<[u8; 32]>,
) -> Result<(), Error> {
    let (kind, subject_kind) = (kind.word().to_owned(), subject_kind.to_owned());
    store::put(tx, &Waiting { id: 0, kind, subject_kind, subject_ids, detail, pseudonyms, at: tx.now })?;
    tx.ring_after_commit();
    Ok(())
}

fn carry(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    carry_over(&cx.app, &cx.origin(), workspace.id, &workspace.file, &|| cx.is_stopping())
}

/// Carries what waits in a workspace's file. Nobody else may do so at the same time: the job, or whoever holds the
/// paused workspace.
pub fn carry_over(
    app: &App,
    origin: &Origin,
    id: WorkspaceId,
    file: &DbFile,
    is_stopping: &dyn Fn() -> bool,
) -> Result<(), Error> {
    loop {
        let waiting = file.read(app.now(), |db| store::waiting(db, BATCH))?;
        let Some(last) = waiting.last().map(|waiting| waiting.id) else { break };
        if is_stopping() {
            return Ok(());
        }
        // A crash after the ledger's commit leaves rows that it has already.
        let known = app.read(|db| entries(db, id, store::head(db, id)?.0 - LOOK_BACK))?;
        let known: Vec<Value> = known.iter().filter_map(|entry| serde_json::from_str(&entry.detail).ok()).collect();
        let new: Vec<&Waiting> = waiting.iter().filter(|waiting| !known.iter().any(|one| waiting.is(one))).collect();
        if !new.is_empty() {
            app.write(origin, |tx| {
                for waiting in &new {
                    append(tx, id, &entry(waiting)?)?;
                }
                let event = Event::new("privacy.ledger.appended").in_workspace(id);
                audit::record(tx, event.detail("entries", new.len()))
            })?;
        }
        mirror(app, id)?;
        file.write_unaudited(app.now(), origin, |tx| store::carried(tx, last))?;
    }
    mirror(app, id)
}

fn entry(waiting: &Waiting) -> Result<NewEntry, Error> {
    let kind = Kind::from_word(&waiting.kind).ok_or_else(|| Error::internal("an unknown kind of ledger entry"))?;
    let mut detail = waiting.detail.clone();
    detail["note"] = json!(waiting.id);
    detail["done_at"] = json!(waiting.at.rfc3339());
    Ok(NewEntry {
        kind,
        phase: Phase::Done,
        subject_kind: waiting.subject_kind.clone(),
        subject_ids: waiting.subject_ids.clone(),
        detail,
        pseudonyms: waiting.pseudonyms.clone(),
    })
}
