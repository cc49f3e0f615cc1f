//! Does again what was promised since the backup: whoever was erased then is erased once more, before anybody can
//! open the file (ERA-4).

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::Report;
use crate::app::App;
use crate::backup::chain::Chain;
use crate::backup::folder::Folder;
use crate::backup::{Watch, at};
use crate::crypto::derive::ControlKeys;
use crate::crypto::file::{read_if_there, replace};
use crate::db::{Origin, Workspace};
use crate::error::Error;
use crate::gate;
use crate::id::WorkspaceId;
use crate::members::workspaces;
use crate::privacy::audit::{self, Event};
use crate::privacy::certificate::Signer;
use crate::privacy::erasure;
use crate::privacy::ledger::{self, Entry};
use crate::privacy::subject::{self, Person};
use crate::privacy::suppression;

/// An erasure that was done again.
#[derive(Debug, Serialize)]
pub struct Replayed {
    pub workspace: String,
    pub kind: String,
    pub id: i64,
    /// `done`, or `held` when a legal hold of the restored state keeps it waiting.
    pub state: String,
}

/// The journals must reach as far as the newest backup saw them reach.
pub fn refuse_cut_off(folder: &Folder, chain: &Chain, control: &ControlKeys) -> Result<(), Error> {
    let key = Signer::new(&control.certificate)?.public_key();
    for head in chain.newest().into_iter().flat_map(|newest| &newest.ledgers) {
        let path = folder.ledger().join(format!("{}.jsonl", head.id));
        let bytes = read_if_there(&path)?.unwrap_or_default();
        let entries = ledger::read_journal(&bytes, &key).map_err(at(path.display()))?;
        let found = entries.iter().find(|entry| entry.position == head.position);
        if found.is_none_or(|entry| data_encoding::HEXLOWER.encode(&entry.hash) != head.hash) {
            return Err(Error::Refused(format!(
                "{}: the list of erasures was cut off or changed: entry {} is not the one that the newest backup saw, and \
                 without it erased people would come back. Nothing was written",
                path.display(),
                head.position
            )));
        }
    }
    Ok(())
}

/// The journals go along: the next restore needs them too.
pub fn take_journals(folder: &Folder, staging: &Path) -> Result<(), Error> {
    let Ok(journals) = std::fs::read_dir(folder.ledger()) else { return Ok(()) };
    let target = ledger::folder(staging);
    std::fs::create_dir_all(&target)?;
    for journal in journals {
        let journal = journal?;
        replace(&target.join(journal.file_name()), &std::fs::read(journal.path())?, 0o600)?;
    }
    Ok(())
}

/// Every workspace that is back: its ledger is completed from the journal, then obeyed.
pub fn all(app: &App, origin: &Origin, report: &mut Report, watch: &mut Watch) -> Result<(), Error> {
    let key = ledger::signer(app)?.public_key();
    let restored = app.read(workspaces::list)?;
    for (done, one) in restored.iter().enumerate() {
        if !report.places.iter().any(|place| place.place == one.slug) {
            continue;
        }
        watch.step(&format!("erasing again in {}", one.slug), done, restored.len())?;
        let path = ledger::path(&app.config.data, one.id);
        let entries =
            ledger::read_journal(&read_if_there(&path)?.unwrap_or_default(), &key).map_err(at(path.display()))?;
        complete(app, origin, one.id, &entries)?;
        let workspace = gate::for_job(app, one.id)?;
        obey(app, origin, &workspace, &one.slug, &entries, report)?;
    }
    Ok(())
}

/// `control.db` is as old as the backup; what the journal says beyond it is added.
fn complete(app: &App, origin: &Origin, workspace: WorkspaceId, entries: &[Entry]) -> Result<(), Error> {
    let (last, _) = app.read(|db| ledger::head(db, workspace))?;
    if entries.iter().all(|entry| entry.position <= last) {
        return Ok(());
    }
    app.write(origin, |tx| {
        let added = ledger::take_over(tx, workspace, entries)?;
        audit::record(tx, Event::new("backup.ledger.completed").in_workspace(workspace).detail("entries", added))
    })
}

/// Whoever the ledger says was erased, and is there, goes again; their addresses do not come back either.
fn obey(
    app: &App,
    origin: &Origin,
    workspace: &Workspace,
    slug: &str,
    entries: &[Entry],
    report: &mut Report,
) -> Result<(), Error> {
    let mut people: BTreeMap<(String, i64), Vec<i64>> = BTreeMap::new();
    let mut pseudonyms = Vec::new();
    for entry in entries.iter().filter(|entry| entry.kind == ledger::Kind::Erase.word()) {
        let ids: Vec<i64> = serde_json::from_str(&entry.subject_ids)?;
        if let Some(first) = ids.first() {
            people.entry((entry.subject_kind.clone(), *first)).or_default().extend(&ids);
        }
        pseudonyms.extend(entry.pseudonyms()?);
    }
    if people.is_empty() && pseudonyms.is_empty() {
        return Ok(());
    }
    workspace.file.write(app.now(), origin, |tx| {
        for pseudonym in &pseudonyms {
            suppression::add_pseudonym(tx, pseudonym, suppression::Reason::Erased)?;
        }
        audit::record(tx, Event::new("backup.suppressions.completed").detail("addresses", pseudonyms.len()))
    })?;
    for ((kind, id), mut ids) in people {
        let Some(kind) = subject::kind(app.modules, &kind) else { continue };
        ids.dedup();
        let person = Person { kind, ids };
        let is_there = workspace.file.read(app.now(), |db| {
            Ok(((kind.name)(db, id)?.is_some(), erasure::service::open_of(db, kind.word, id)?.map(|open| open.id)))
        })?;
        let begun = match is_there {
            (_, Some(open)) => open,
            (false, None) => continue,
            (true, None) => workspace.file.write(app.now(), origin, |tx| erasure::begin(tx, &person, None))?,
        };
        let erasure = erasure::execute(app, workspace, origin, begun)?;
        report.replayed.push(Replayed {
            workspace: slug.to_owned(),
            kind: kind.word.to_owned(),
            id,
            state: erasure.state.word().to_owned(),
        });
    }
    Ok(())
}
