//! A workspace back to an earlier moment in its own place. The state before is put aside first, and one rename decides.

use std::fs;
use std::path::Path;

use super::stage::{self, STEPS, Staged};
use super::{QUARANTINE_MS, Restore, quarantine, settle, staging, store};
use crate::app::App;
use crate::backup::{Watch, files};
use crate::crypto::file::sync_folder_of;
use crate::db::{Origin, Workspace, installation, rekey};
use crate::error::Error;
use crate::failpoint;
use crate::privacy::audit::{self, Event};
use crate::privacy::ledger;

/// Does it. The workspace answers 503 from the moment its file is closed until the other one is in its place.
pub fn run(app: &App, origin: &Origin, restore: &Restore, watch: &mut Watch) -> Result<(), Error> {
    let mut staged = stage::unpack(app, restore, watch)?;
    failpoint::reach("restore.staged");
    watch.step("keeping what was promised since", 1, STEPS)?;
    let paused = app.workspaces.pause(restore.workspace)?;
    let folder = app.workspaces.folder_of(restore.workspace);
    let live = open(app, restore, &folder)?;
    if let Some(live) = &live {
        ledger::carry_over(app, origin, live.id, &live.file, &|| false)?;
    }
    stage::keep_promises(app, origin, restore, &mut staged, live.as_ref().map(|live| &live.file), true)?;
    if let Some(live) = live {
        live.file.empty_log()?;
    }
    failpoint::reach("restore.promises_kept");
    watch.step("putting the state of now aside", 2, STEPS)?;
    put_aside(app, restore, &folder)?;
    let Staged { workspace, report, .. } = staged;
    for file in files::ids_in(&workspace.folder)? {
        files::link_or_copy(&files::path_of(&workspace.folder, &file), &files::path_of(&folder, &file))?;
    }
    workspace.file.empty_log()?;
    drop(workspace);
    watch.step("switching", 3, STEPS)?;
    let (report, key) = (serde_json::to_string(&report)?, app.keys.workspace(restore.workspace)?.version);
    app.write(origin, |tx| {
        store::set_switching(tx, restore.id, &report, key, tx.now.plus(QUARANTINE_MS))?;
        installation::hold_outbound_of(tx, restore.workspace, restore.until)?;
        let event = Event::new("backup.workspace_restore.switching").on("workspace_restore", restore.id);
        audit::record(tx, event.in_workspace(restore.workspace))
    })?;
    failpoint::reach("restore.switching");
    rekey::exchange(&folder.join("data.db"), &staging(&folder).join("data.db"))?;
    failpoint::reach("restore.switched");
    settle::in_place(app, origin, restore.id)?;
    drop(paused);
    Ok(())
}

/// The file in service; `None` when it cannot be read any more, which may be why it is restored.
fn open(app: &App, restore: &Restore, folder: &Path) -> Result<Option<Workspace>, Error> {
    let key = app.keys.workspace(restore.workspace)?.database_key();
    match app.workspaces.open_apart(restore.workspace, folder, key) {
        Ok(live) => Ok(Some(live)),
        Err(Error::Refused(_) | Error::Internal(_)) => {
            tracing::warn!(
                "the file of a workspace that is being restored does not open; its log ends with the backup"
            );
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The closed file and the sealed files of now, as second names of the same bytes.
fn put_aside(app: &App, restore: &Restore, folder: &Path) -> Result<(), Error> {
    let aside = quarantine(&app.config.data, restore);
    stage::clear(&aside)?;
    fs::create_dir_all(&aside)?;
    if folder.join("data.db").exists() {
        files::link_or_copy(&folder.join("data.db"), &aside.join("data.db"))?;
    }
    for file in files::ids_in(folder)? {
        files::link_or_copy(&files::path_of(folder, &file), &files::path_of(&aside, &file))?;
    }
    Ok(sync_folder_of(&aside)?)
}
