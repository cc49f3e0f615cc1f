//! The exchanges themselves, each step on the disk before the next, and their end after a crash.

use std::path::Path;

use rusqlite::types::Value;

use super::{Kind, store};
use crate::app::App;
use crate::backup::folder::Folder;
use crate::clock::Timestamp;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::envelope::{self, Place};
use crate::crypto::object::{self, Kind as Sealed};
use crate::db::{Actor, Origin, Tx, rekey, upgrade};
use crate::error::Error;
use crate::failpoint;
use crate::id::WorkspaceId;
use crate::keys::{Folders, Keys, RecoveryCode, SlotCost, Slots, Source};
use crate::members::workspaces;
use crate::module::Module;
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::inventory;
use crate::privacy::images;
use crate::privacy::workspace_import::keep_pseudonym_key;

type Modules = &'static [&'static Module];

/// Columns of a workspace's file whose secrets are sealed under its key; each table has `id` and `key_version`.
pub(super) const SEALED: [(&str, &str); 5] = [
    ("attachments", "sealed_key"),
    ("access_packages", "sealed_key"),
    ("workspace_exports", "sealed_key"),
    ("erasures", "sealed_values"),
    ("pseudonym_key", "sealed_key"),
];

/// Exchanges the master key. The old key, passphrase and recovery code open nothing afterwards.
pub fn rotate_master(
    app: &App,
    origin: &Origin,
    source: &Source,
    recovery: &RecoveryCode,
    cost: SlotCost,
) -> Result<u32, Error> {
    let folders = Folders { data: &app.config.data, backup: Some(&app.config.backup.folder) };
    // A folder that is away would keep copies under the old key.
    let copies = Folder::of(app)?.keys();
    let to = app.keys.master_version() + 1;
    let row = begin(app, origin, Kind::Master, None, to)?;
    let rotated = app.keys.rotate_master(folders, source, recovery, cost, app.now());
    if let Err(error) = rotated {
        app.control.write_unaudited(app.now(), origin, |tx| store::end(tx, row, false))?;
        return Err(error);
    }
    app.remember_keyring()?;
    // Copies under the old master key would still be opened by whoever has it.
    app.keys.renew_copies(&copies, app.now(), &|_| true)?;
    failpoint::reach("master.copies_renewed");
    end(app, origin, row, Kind::Master, None, to)?;
    Ok(to)
}

/// Moves a workspace to a new key: a new file under it, proven equal, in the place of the old one. The workspace
/// answers 503 meanwhile. Returns the version of the new key.
pub fn rotate_workspace(app: &App, origin: &Origin, id: WorkspaceId) -> Result<u32, Error> {
    let state = app.read(|db| workspaces::find(db, id))?.state;
    if !matches!(state.as_str(), "active" | "read_only") {
        return Err(Error::Conflict("this workspace is being deleted: its key is destroyed, not exchanged".into()));
    }
    let paused = app.workspaces.pause(id)?;
    let path = app.workspaces.folder_of(id).join("data.db");
    let from = app.keys.workspace(id)?;
    let to = app.keys.add_pending(id, app.now())?;
    app.remember_keyring()?;
    failpoint::reach("rotate.pending");
    let row = begin(app, origin, Kind::Workspace, Some(id), to.version)?;
    let copied = rekeyed(&path, app.modules, (&from, &to), app.now(), origin);
    if let Err(error) = copied {
        undo(app, id)?;
        app.control.write_unaudited(app.now(), origin, |tx| store::end(tx, row, false))?;
        return Err(error);
    }
    rekey::put_in_place(&path)?;
    failpoint::reach("rotate.renamed");
    settle(app, id, &from, &to)?;
    drop(paused);
    failpoint::reach("rotate.promoted");
    end(app, origin, row, Kind::Workspace, Some(id), to.version)?;
    Ok(to.version)
}

/// Makes the file under the new key, beside the old one, with everything inside sealed anew.
pub fn rekeyed(
    path: &Path,
    modules: Modules,
    (from, to): (&WorkspaceKeys, &WorkspaceKeys),
    now: Timestamp,
    origin: &Origin,
) -> Result<(), Error> {
    let (reseal, add) = (|tx: &Tx| reseal(tx, modules, from, to), |tx: &Tx| keep_pseudonym_key(tx, from, to));
    let changes = rekey::Changes { reseal: &reseal, add: &add };
    rekey::copy(path, from.database_key(), to.database_key(), now, origin, &changes)
}

/// What is left when the new file is in its place. Done again after a crash, it changes nothing.
fn settle(app: &App, id: WorkspaceId, from: &WorkspaceKeys, to: &WorkspaceKeys) -> Result<(), Error> {
    let folder = app.workspaces.folder_of(id);
    reseal_uploads(&folder.join("uploads"), from, to)?;
    failpoint::reach("rotate.uploads");
    // Copies from before an upgrade open with the old key alone.
    upgrade::remove_all(&folder.join("data.db"))?;
    app.keys.promote(id, app.now())?;
    app.remember_keyring()
}

fn undo(app: &App, id: WorkspaceId) -> Result<(), Error> {
    rekey::discard(&app.workspaces.folder_of(id).join("data.db"))?;
    app.keys.drop_pending(id, app.now())?;
    app.remember_keyring()
}

/// Brings exchanges to an end that a crash cut off, at the start, before anything is served: the active key is tried,
/// then the pending one. Returns how many there were.
pub fn resume(app: &App) -> Result<usize, Error> {
    let origin = Origin::local(Actor::Job("key_rotation.rotation.resume"));
    let known: Vec<WorkspaceId> = app.keys.workspaces();
    for id in known {
        let Some(version) = app.keys.pending(id) else { continue };
        let path = app.workspaces.folder_of(id).join("data.db");
        let (from, to) = (app.keys.workspace(id)?, app.keys.workspace_version(id, version)?);
        if rekey::opens_with(&path, &from.database_key())? {
            undo(app, id)?;
        } else if rekey::opens_with(&path, &to.database_key())? {
            settle(app, id, &from, &to)?;
        } else {
            return Err(Error::Refused(format!(
                "{} opens neither with its key nor with the one it was to be moved to: put back a copy of the file",
                path.display()
            )));
        }
    }
    let cut_off = app.read(store::open)?;
    for rotation in &cut_off {
        let in_use = match rotation.workspace {
            None => app.keys.master_version(),
            Some(id) => app.keys.workspace(id).map_or(0, |keys| keys.version),
        };
        if in_use != rotation.to_version {
            app.control.write_unaudited(app.now(), &origin, |tx| store::end(tx, rotation.id, false))?;
            continue;
        }
        let kind = Kind::from_word(&rotation.kind).unwrap_or(Kind::Workspace);
        if kind == Kind::Master {
            app.keys.renew_copies(&Folder::of(app)?.keys(), app.now(), &|_| true)?;
        }
        end(app, &origin, rotation.id, kind, rotation.workspace, rotation.to_version)?;
    }
    Ok(cut_off.len())
}

/// Exchanges the passphrase or the recovery code: the file as a whole, then its copy beside the backups. Gives why that
/// copy could not be renewed, which the next backup does.
///
/// The log hears of it last: a crash may leave an exchange unsaid, and never says one that did not happen.
pub fn exchange_slots(app: &App, origin: &Origin, kind: Kind, slots: &Slots) -> Result<Option<String>, Error> {
    failpoint::reach("slots.begun");
    slots.write(&Keys::slots_path(&app.config.data))?;
    failpoint::reach("slots.replaced");
    let copied = Folder::of(app).and_then(|folder| match folder.keys().is_dir() {
        true => app.keys.write_copies(&folder.keys(), app.now()).map(drop),
        false => Ok(()),
    });
    failpoint::reach("slots.copied");
    let version = app.keys.master_version();
    let row = begin(app, origin, kind, None, version)?;
    failpoint::reach("slots.noted");
    end(app, origin, row, kind, None, version)?;
    Ok(copied.err().map(|error| error.to_string()))
}

fn begin(app: &App, origin: &Origin, kind: Kind, id: Option<WorkspaceId>, to: u32) -> Result<i64, Error> {
    app.control.write_unaudited(app.now(), origin, |tx| store::begin(tx, kind, id, to))
}

pub(super) fn end(
    app: &App,
    origin: &Origin,
    row: i64,
    kind: Kind,
    id: Option<WorkspaceId>,
    to: u32,
) -> Result<(), Error> {
    app.write(origin, |tx| {
        store::end(tx, row, true)?;
        let action = match kind {
            Kind::Master => "key_rotation.master_key.rotated",
            Kind::Workspace => "key_rotation.workspace_key.rotated",
            Kind::Passphrase => "key_rotation.passphrase.changed",
            Kind::RecoveryCode => "key_rotation.recovery_code.renewed",
            Kind::Destroyed => "key_rotation.workspace_key.destroyed",
        };
        let event = Event::new(action).detail("version", to);
        match id {
            Some(id) => audit::record(tx, event.on("workspace", id).in_workspace(id)),
            None => audit::record(tx, event),
        }
    })
}

/// Secrets inside the new file move to its key, so that the old one can be destroyed; also when it is the file of
/// another workspace.
pub fn reseal(tx: &Tx, modules: Modules, from: &WorkspaceKeys, to: &WorkspaceKeys) -> Result<(), Error> {
    for (table, column) in SEALED {
        for (row, sealed) in store::sealed(tx, table, column, from.version)? {
            let place = Place { workspace: from.workspace, table, column, row, key_version: from.version };
            let secret = envelope::open(&from.field, &place, &sealed)?;
            let place = Place { workspace: to.workspace, key_version: to.version, ..place };
            let sealed = envelope::seal(&to.field, &place, &secret);
            store::set_sealed(tx, table, column, row, &sealed, to.version)?;
        }
        reseal_images(tx, modules, from, to, (table, column))?;
    }
    Ok(())
}

/// The same for rows that only images of deleted or merged records hold: their files must open when they come back.
fn reseal_images(
    tx: &Tx,
    modules: Modules,
    from: &WorkspaceKeys,
    to: &WorkspaceKeys,
    (table, column): (&'static str, &'static str),
) -> Result<(), Error> {
    let Some(declared) = inventory::tables(modules).find(|declared| declared.name == table) else { return Ok(()) };
    let value = |row: &[Value], name: &str| {
        declared.columns.iter().position(|column| column.name == name).and_then(|at| row.get(at)).cloned()
    };
    for (id, places) in images::places(tx, modules, table)? {
        for held in places {
            let Some(mut image) = held.image(tx)? else { continue };
            let Some(row) = image.row(declared, id) else { continue };
            let (Some(Value::Blob(sealed)), Some(Value::Integer(version))) =
                (value(&row, column), value(&row, "key_version"))
            else {
                continue;
            };
            if version != i64::from(from.version) {
                continue;
            }
            let place = Place { workspace: from.workspace, table, column, row: id, key_version: from.version };
            let secret = envelope::open(&from.field, &place, &sealed)?;
            let place = Place { workspace: to.workspace, key_version: to.version, ..place };
            let sealed = envelope::seal(&to.field, &place, &secret);
            let version = Value::Integer(i64::from(to.version));
            image.set(table, id, &[(column, Value::Blob(sealed)), ("key_version", version)])?;
            held.keep(tx, &image)?;
        }
    }
    Ok(())
}

/// Uploads that wait for a job lie under a key of the workspace itself. One that was moved already is left alone.
fn reseal_uploads(folder: &Path, from: &WorkspaceKeys, to: &WorkspaceKeys) -> Result<(), Error> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let mut file = std::fs::File::open(&path)?;
        let Ok(header) = object::Header::read(&mut file) else { continue };
        if header.key_version != from.version {
            continue;
        }
        let begun = path.with_extension("rekeyed");
        match std::fs::remove_file(&begun) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut content = object::open(&path, header.kind, from.workspace, |_| Ok(from.export.clone()))?;
        let mut out = object::create(&begun, &to.export, Sealed::Attachment, to.workspace, header.object, to.version)?;
        if std::io::copy(&mut content, &mut out).is_err() {
            // Cut off while it was received: it never opened, and the sweep removes it.
            drop(out);
            std::fs::remove_file(&begun)?;
            continue;
        }
        out.finish()?.sync_all()?;
        std::fs::rename(&begun, &path)?;
    }
    if folder.is_dir() { Ok(std::fs::File::open(folder)?.sync_all()?) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::SEALED;

    /// Whatever a migration seals under the workspace's key must move with it.
    #[test]
    fn every_table_with_a_key_version_is_known() {
        let mut found = Vec::new();
        for folder in std::fs::read_dir("migrations/workspace").unwrap().flatten() {
            for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
                let text = std::fs::read_to_string(file.path()).unwrap();
                for table in text.split("CREATE TABLE ").skip(1) {
                    let body = table.split(") STRICT").next().unwrap_or_default();
                    if body.contains("key_version ") {
                        found.push(table.split_whitespace().next().unwrap_or_default().to_owned());
                    }
                }
            }
        }
        found.sort();
        let mut known: Vec<&str> = SEALED.iter().map(|(table, _)| *table).collect();
        known.sort_unstable();
        assert_eq!(found, known);
    }
}
