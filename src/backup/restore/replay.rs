//! The ledger on its way back: complete, unchanged, and obeyed before anybody can open a file (ERA-4).

use std::path::Path;

use super::{Report, obey};
use crate::app::App;
use crate::backup::chain::Chain;
use crate::backup::folder::Folder;
use crate::backup::{Watch, at};
use crate::crypto::derive::ControlKeys;
use crate::crypto::file::{read_if_there, replace};
use crate::db::Origin;
use crate::error::Error;
use crate::gate;
use crate::id::WorkspaceId;
use crate::members::workspaces;
use crate::privacy::audit::{self, Event};
use crate::privacy::certificate::Signer;
use crate::privacy::ledger::{self, Entry};

/// What the ledger says of a workspace: the rows of `control.db`, held against the journal beside the backups.
///
/// Fails with [`Error::Refused`] when a line of the journal was changed.
pub fn entries_of(app: &App, origin: &Origin, workspace: WorkspaceId) -> Result<Vec<Entry>, Error> {
    let key = ledger::signer(app)?.public_key();
    let path = ledger::path(&app.config.data, workspace);
    let journal = ledger::read_journal(&read_if_there(&path)?.unwrap_or_default(), &key).map_err(at(path.display()))?;
    complete(app, origin, workspace, &journal)?;
    app.read(|db| ledger::entries(db, workspace, 0))
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
        let Some(since) = report.places.iter().find(|place| place.place == one.slug).map(|place| place.at) else {
            continue;
        };
        watch.step(&format!("keeping promises in {}", one.slug), done, restored.len())?;
        let path = ledger::path(&app.config.data, one.id);
        let entries =
            ledger::read_journal(&read_if_there(&path)?.unwrap_or_default(), &key).map_err(at(path.display()))?;
        complete(app, origin, one.id, &entries)?;
        let workspace = gate::for_job(app, one.id)?;
        report.replayed.extend(obey(app, origin, &workspace, &one.slug, &entries, since)?);
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
