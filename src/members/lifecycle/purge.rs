//! The destruction itself. Each step is on the disk before it is noted, and may be done again after a crash.

use std::path::Path;

use serde_json::{Value, json};

use super::{End, store};
use crate::app::App;
use crate::backup;
use crate::db::{Origin, Tx};
use crate::error::Error;
use crate::failpoint;
use crate::privacy::audit::{self, Event, forget};
use crate::privacy::certificate::Signer;
use crate::privacy::ledger::{self, Kind, NewEntry, Phase};

/// Key, files, rows: after the first of them nothing of the workspace opens again, here or in any copy of its file.
pub fn purge(app: &App, origin: &Origin, end: &End) -> Result<(), Error> {
    let id = end.workspace;
    let _paused = app.workspaces.pause(id)?;
    let note = |work: &dyn Fn(&Tx) -> Result<(), Error>| app.control.write_unaudited(app.now(), origin, |tx| work(tx));
    if end.step < 1 {
        app.keys.destroy_workspace_key(id, app.now())?;
        app.remember_keyring()?;
        failpoint::reach("purge.key_destroyed");
        let generation = i64::try_from(app.keys.ring_seq()).unwrap_or(i64::MAX);
        note(&|tx| {
            store::set_ring_generation(tx, id, generation)?;
            store::set_step(tx, id, 1)
        })?;
    }
    failpoint::reach("purge.key_noted");
    if end.step < 2 {
        remove_folder(&app.workspaces.folder_of(id))?;
        failpoint::reach("purge.files_removed");
        note(&|tx| store::set_step(tx, id, 2))?;
    }
    failpoint::reach("purge.files_noted");
    if end.step < 3 {
        app.write(origin, |tx| {
            let forgotten = forget::naming(tx, id, &|_| true)?;
            ledger::append(tx, id, &purged())?;
            store::remove_rows(tx, id)?;
            backup::alerts::forget(tx, id)?;
            let event = Event::new("members.workspace.purged").on("workspace", id).in_workspace(id);
            audit::record(tx, event.detail("forgotten", forgotten))
        })?;
    }
    failpoint::reach("purge.rows_removed");
    ledger::mirror(app, id)
}

fn purged() -> NewEntry {
    NewEntry {
        kind: Kind::WorkspacePurged,
        phase: Phase::Done,
        subject_kind: String::new(),
        subject_ids: Vec::new(),
        detail: Value::Object(serde_json::Map::new()),
        pseudonyms: Vec::new(),
    }
}

/// The backups of the workspace, which nobody can open any more.
pub fn remove_backups(app: &App, origin: &Origin, end: &End) -> Result<(), Error> {
    backup::prune::forget(app, end.workspace)?;
    failpoint::reach("purge.backups_removed");
    // A crash right after the rows went may have come before this.
    ledger::mirror(app, end.workspace)?;
    app.write(origin, |tx| {
        store::set_backups_gone(tx, end.workspace)?;
        let event = Event::new("members.workspace.backups_removed").on("workspace", end.workspace);
        audit::record(tx, event.in_workspace(end.workspace))
    })
}

/// The copies of the keyring that still hold its key; then nothing is left, and that is certified.
pub fn finish(app: &App, origin: &Origin, end: &End) -> Result<(), Error> {
    let before = u64::try_from(end.ring_generation.unwrap_or(i64::MAX)).unwrap_or(u64::MAX);
    let copies = backup::folder::Folder::of(app)?.keys();
    app.keys.renew_copies(&copies, app.now(), &|generation| generation < before)?;
    failpoint::reach("purge.key_copies_removed");
    let signer = Signer::new(&app.control_keys.certificate)?;
    let at = |moment: Option<crate::clock::Timestamp>| moment.map(crate::clock::Timestamp::rfc3339);
    let certificate = json!({
        "kind": "workspace_deletion",
        "workspace": end.workspace.to_string(),
        "requested_at": at(end.requested_at),
        "purged_at": at(end.purged_at),
        "backups_removed_at": at(end.backups_gone_at),
        "key_copies_removed_at": app.now().rfc3339(),
        "last_log_entry": end.audit_head.as_deref().map(|head| data_encoding::HEXLOWER.encode(head)),
        "holdfast": env!("CARGO_PKG_VERSION"),
    });
    let signed = serde_json::to_string_pretty(&signer.sign(&certificate))?;
    app.write(origin, |tx| {
        store::set_finished(tx, end.workspace, &signed)?;
        let event = Event::new("members.workspace.deletion_certified").on("workspace", end.workspace);
        audit::record(tx, event.in_workspace(end.workspace))
    })
}

fn remove_folder(folder: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    match folder.parent() {
        Some(above) if above.is_dir() => Ok(std::fs::File::open(above)?.sync_all()?),
        _ => Ok(()),
    }
}
