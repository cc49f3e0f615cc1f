//! The state of an earlier moment as a workspace of its own, under a key of its own, for its owner alone.

use std::os::unix::fs::DirBuilderExt;

use super::stage::{self, STEPS, Staged};
use super::{Into, Report, Restore, State, settle, staging, store};
use crate::app::App;
use crate::backup::Watch;
use crate::db::blobs::NewBlob;
use crate::db::open::RawKey;
use crate::db::{Filling, Origin, Tx, installation, rekey};
use crate::error::Error;
use crate::failpoint;
use crate::gate;
use crate::id::WorkspaceId;
use crate::key_rotation;
use crate::members::moving;
use crate::members::workspaces::service::{Making, make_filled};
use crate::privacy::audit::{self, Event};
use crate::privacy::workspace_import;

/// Does it. Nothing of the workspace that is in service changes.
pub fn run(app: &App, origin: &Origin, restore: &Restore, watch: &mut Watch) -> Result<(), Error> {
    let mut staged = stage::unpack(app, restore, watch)?;
    failpoint::reach("restore.staged");
    watch.step("keeping what was promised since", 1, STEPS)?;
    let live = match gate::for_job(app, restore.workspace) {
        Ok(live) => Some(live),
        Err(Error::Refused(_) | Error::Internal(_)) => None,
        Err(error) => return Err(error),
    };
    stage::keep_promises(app, origin, restore, &mut staged, live.as_ref().map(|live| &live.file), false)?;
    drop(live);
    watch.step("putting it under a key of its own", 2, STEPS)?;
    let (household, through) = app.read(|db| moving::household(db, restore.workspace, restore.asked_by))?;
    let moved = app.control.write_unaudited(app.now(), origin, |tx| moving::reserve(tx, through))?;
    let making = Making { at: app.now(), name: &restore.new_name, slug: &restore.new_slug };
    let mut blobs = Vec::new();
    let report = std::mem::take(&mut staged.report);
    make_filled(
        app,
        origin,
        &making,
        &mut |id, key| {
            blobs = fill(app, origin, restore, &staged, id, key, moved)?;
            watch.step("opening it", 3, STEPS)
        },
        &mut |tx, id| {
            moving::enter(tx, id, &household, moved)?;
            end(app, tx, restore, &report, id)
        },
    )?;
    blobs.iter().for_each(NewBlob::keep);
    failpoint::reach("restore.made");
    drop(staged);
    stage::clear(&staging(&app.workspaces.folder_of(restore.workspace)))
}

/// In the transaction that puts the workspace in service.
fn end(app: &App, tx: &Tx, restore: &Restore, report: &Report, id: WorkspaceId) -> Result<(), Error> {
    installation::hold_outbound_of(tx, id, restore.until)?;
    store::end(tx, restore.id, State::Done, "", Some(&serde_json::to_string(report)?), Some(id))?;
    for place in [restore.workspace, id] {
        let event = Event::new("backup.workspace_restore.done").on("workspace_restore", restore.id).in_workspace(place);
        audit::record(tx, event.detail("into", Into::New.word()).detail("until", restore.until.rfc3339()))?;
    }
    settle::tell_owners(app, tx, restore, report)
}

/// The file of the new workspace: every page and every secret under its key, members under the numbers they have there.
fn fill(
    app: &App,
    origin: &Origin,
    restore: &Restore,
    staged: &Staged,
    id: WorkspaceId,
    key: RawKey,
    moved: i64,
) -> Result<Vec<NewBlob>, Error> {
    let (from, to) = (app.keys.workspace(restore.workspace)?, app.keys.workspace(id)?);
    let folder = app.workspaces.folder_of(id);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let reseal = |tx: &Tx| key_rotation::reseal(tx, app.modules, &from, &to);
    let add = |tx: &Tx| workspace_import::keep_pseudonym_key(tx, &from, &to);
    let changes = rekey::Changes { reseal: &reseal, add: &add };
    rekey::copy_into(&staged.workspace.file, &folder.join("data.db"), key.clone(), app.now(), origin, &changes)?;
    let workspace = app.workspaces.open_apart(id, &folder, key)?;
    let blobs = workspace.file.fill(app.now(), origin, |filling| {
        workspace_import::move_members(app, filling, moved)?;
        take_files(app, staged, &workspace, filling)
    })?;
    drop(workspace);
    let workspace = gate::for_making(app, id)?;
    workspace.file.write(app.now(), origin, |tx| {
        for settle in app.modules.iter().flat_map(|module| module.arrived) {
            settle(tx)?;
        }
        audit::record(tx, Event::new("backup.workspace.made").on("workspace_restore", restore.id))
    })?;
    Ok(blobs)
}

/// Every attached file under a new key, read from where it lies sealed for the other workspace.
fn take_files(
    app: &App,
    staged: &Staged,
    workspace: &crate::db::Workspace,
    filling: &Filling,
) -> Result<Vec<NewBlob>, Error> {
    let mut taken = Vec::new();
    for kind in app.modules.iter().flat_map(|module| module.files) {
        for row in workspace_import::rows_of(filling, kind.table)? {
            // One that was damaged already stays listed as one that cannot be read.
            let mut content = (kind.open)(app, &staged.workspace, row).ok();
            let content = content.as_mut().map(|content| content.as_mut() as &mut dyn std::io::Read);
            taken.extend((kind.take)(app, workspace, filling, row, content)?);
            filling.step()?;
        }
    }
    Ok(taken)
}
