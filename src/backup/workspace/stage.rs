//! The state of a moment beside what is served, with every promise since then kept, before anybody can open it.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::{QUARANTINE_MS, Report, Restore, live, quarantine, staging, store};
use crate::app::App;
use crate::backup::folder::Folder;
use crate::backup::restore::{self, unpack};
use crate::backup::{Watch, base, files, health};
use crate::clock::Timestamp;
use crate::db::{DbFile, Origin, Workspace, upgrade};
use crate::error::Error;
use crate::members::workspaces;
use crate::privacy::audit::{self, Event};
use crate::privacy::{parcel, portal, workspace_import};

/// How many steps a restore tells of.
pub const STEPS: usize = 4;

/// A state that was unpacked. Its folder is `restoring/` in that of the workspace.
pub struct Staged {
    pub workspace: Workspace,
    /// The moment that it holds.
    pub at: Timestamp,
    pub report: Report,
}

/// Unpacks the state that is wanted and examines it.
///
/// Fails with [`Error::Refused`] when there is none, or it is damaged.
pub fn unpack(app: &App, restore: &Restore, watch: &mut Watch) -> Result<Staged, Error> {
    watch.step("unpacking", 0, STEPS)?;
    let folder = staging(&app.workspaces.folder_of(restore.workspace));
    clear(&folder)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let (at, report) = match restore.from_restore {
        None => from_backup(app, restore, &folder)?,
        Some(id) => from_quarantine(app, id, &folder)?,
    };
    let key = app.keys.workspace(restore.workspace)?.database_key();
    let workspace = app.workspaces.open_apart(restore.workspace, &folder, key)?;
    upgrade::remove_all(&folder.join("data.db"))?;
    workspace.file.set_blind_index(|| workspace_import::pseudonym_key(app, &workspace))?;
    Ok(Staged { workspace, at, report })
}

fn from_backup(app: &App, restore: &Restore, folder: &Path) -> Result<(Timestamp, Report), Error> {
    let chain = health::read(app)?;
    let found = unpack::workspace(app, &Folder::of(app)?, &chain, restore.workspace, restore.until, folder)?;
    let found = found.ok_or_else(|| {
        Error::Refused("no verified backup of this workspace is from that moment or before; nothing was changed".into())
    })?;
    let (at, backup) = (found.at.rfc3339(), Some(found.backup));
    Ok((found.at, Report { at, backup, files: found.files, ..Report::default() }))
}

/// The state that an earlier restore put aside. It stays there: this works on a copy.
fn from_quarantine(app: &App, id: i64, folder: &Path) -> Result<(Timestamp, Report), Error> {
    let gone = || Error::Refused("the state from before that restore is gone; nothing was changed".into());
    let earlier = app.read(|db| store::find(db, id))?.filter(|earlier| earlier.has_quarantine(app.now()));
    let earlier = earlier.ok_or_else(gone)?;
    let (Some(version), Some(until)) = (earlier.quarantine_key, earlier.quarantine_until) else { return Err(gone()) };
    let (from, to) = (quarantine(&app.config.data, &earlier), folder.join("data.db"));
    fs::copy(from.join("data.db"), &to)?;
    fs::File::open(&to)?.sync_all()?;
    let keys = app.keys.workspace_version(earlier.workspace, version)?;
    base::examine(&to, &keys, &[], app.now())?;
    unpack::under_key_in_use(app, &keys, folder)?;
    let ids = files::ids_in(&from)?;
    for file in &ids {
        files::link_or_copy(&files::path_of(&from, file), &files::path_of(folder, file))?;
    }
    let at = until.plus(-QUARANTINE_MS);
    Ok((at, Report { at: at.rfc3339(), files: ids.len(), ..Report::default() }))
}

/// Keeps every promise since the moment, ends every link, and writes into the log what happened. `live` is the file in
/// service, when it can be read; `goes_on` when the log of the restored file is to be a continuation of its log.
pub fn keep_promises(
    app: &App,
    origin: &Origin,
    restore: &Restore,
    staged: &mut Staged,
    live: Option<&DbFile>,
    goes_on: bool,
) -> Result<(), Error> {
    let (file, report) = (&staged.workspace.file, &mut staged.report);
    if let Some(live) = live {
        let kept = live::keep(live, file, app.now(), origin, goes_on)?;
        (report.suppressions_kept, report.holds_kept, report.log_kept) = (kept.suppressions, kept.holds, kept.log);
        (report.requests_kept, report.minors_kept) = (kept.requests, kept.minors);
    }
    let entries = restore::entries_of(app, origin, restore.workspace)?;
    let slug = app.read(|db| workspaces::find(db, restore.workspace))?.slug;
    for done in restore::obey(app, origin, &staged.workspace, &slug, &entries, staged.at)? {
        *report.kept_again.entry(done.what.to_owned()).or_default() += 1;
        report.erasures_held += usize::from(done.state == "held");
    }
    report.ended += file.write(app.now(), origin, |tx| {
        let ended = portal::service::end_all(tx)? + parcel::end_links(tx)?;
        let event = Event::new("backup.workspace.restored").on("workspace_restore", restore.id);
        let event = event.detail("until", report.at.as_str()).detail("into", restore.into.word());
        let event = event.detail("backup", report.backup).detail("links_ended", ended);
        audit::record(tx, event.detail("kept_again", serde_json::to_value(&report.kept_again)?))?;
        Ok(ended)
    })?;
    Ok(())
}

/// Takes away what a restore left that did not come to its end.
pub fn clear(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(source.into()),
        _ => Ok(()),
    }
}
