//! Puts databases and files back in their places, each examined before it counts.

use std::fs;
use std::path::Path;

use super::{Report, Restored, copy_until};
use crate::app::App;
use crate::backup::chain::Chain;
use crate::backup::files::{self, List};
use crate::backup::folder::Folder;
use crate::backup::manifest::Place;
use crate::backup::{Watch, at, base};
use crate::clock::Timestamp;
use crate::crypto::derive::WorkspaceKeys;
use crate::db::{Actor, Origin, rekey, upgrade};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::key_rotation;
use crate::keys::Keys;
use crate::members::workspaces as list;

/// `control.db`, without which nothing else has a name.
pub fn installation(
    staging: &Path,
    folder: &Folder,
    chain: &Chain,
    keys: &Keys,
    report: &mut Report,
    watch: &mut Watch,
) -> Result<(), Error> {
    watch.step("restoring the installation", 0, 1)?;
    let Some((backup, copy)) = copy_until(chain, WorkspaceId::CONTROL, report.until) else {
        let oldest = chain.copies_of(WorkspaceId::CONTROL).find(|(_, copy)| copy.verified.is_some());
        let oldest =
            oldest.map_or("there is none".to_owned(), |(_, copy)| format!("the oldest is of {}", copy.at.rfc3339()));
        return Err(Error::Refused(format!(
            "{}: no verified backup of the installation is from {} or before; {oldest}. Nothing was written",
            folder.shown(),
            report.until.rfc3339()
        )));
    };
    let versioned = keys.workspace_version(WorkspaceId::CONTROL, copy.key_version)?;
    let digest = database(folder, copy, &versioned, &staging.join("control.db"), report.restored_at)?;
    report.places.push(Restored { place: "installation".into(), backup, at: copy.at, digest, files: 0 });
    Ok(())
}

/// Each workspace that the restored installation knows, with its files.
pub fn workspaces(
    app: &App,
    folder: &Folder,
    chain: &Chain,
    report: &mut Report,
    watch: &mut Watch,
) -> Result<(), Error> {
    let known = app.read(list::list)?;
    let in_service: Vec<_> =
        known.into_iter().filter(|one| matches!(one.state.as_str(), "active" | "read_only")).collect();
    for (done, one) in in_service.iter().enumerate() {
        watch.step(&format!("restoring {}", one.slug), done, in_service.len())?;
        let place = app.workspaces.folder_of(one.id);
        fs::create_dir_all(&place)?;
        match workspace(app, folder, chain, one.id, report.until, &place)? {
            Some(restored) => report.places.push(Restored { place: one.slug.clone(), ..restored }),
            None => {
                fs::remove_dir(&place)?;
                report.missing.push(one.slug.clone());
            }
        }
    }
    Ok(())
}

/// The state of one workspace at a moment, or just before, in a folder: its database under the key in use, and its
/// files. `None` when no backup reaches back so far.
pub fn workspace(
    app: &App,
    folder: &Folder,
    chain: &Chain,
    id: WorkspaceId,
    until: Timestamp,
    to: &Path,
) -> Result<Option<Restored>, Error> {
    let Some((backup, copy)) = copy_until(chain, id, until) else { return Ok(None) };
    let keys = app.keys.workspace_version(id, copy.key_version)?;
    let digest = database(folder, copy, &keys, &to.join("data.db"), app.now())?;
    under_key_in_use(app, &keys, to)?;
    let list = List::read(&folder.list(id, &copy.object), &copy.files_sha256)?;
    for (file, expected) in &list.0 {
        if let Some(fault) = files::fault_of(&folder.data(id), id, file, expected) {
            return Err(Error::Refused(format!("{fault}; nothing was written")));
        }
        files::link_or_copy(&files::path_of(&folder.data(id), file), &files::path_of(to, file))?;
    }
    Ok(Some(Restored { place: String::new(), backup, at: copy.at, digest, files: list.0.len() }))
}

/// A file from before its key was exchanged goes under the key of today, as the exchange would have done it.
pub fn under_key_in_use(app: &App, from: &WorkspaceKeys, folder: &Path) -> Result<(), Error> {
    let to = app.keys.workspace(from.workspace)?;
    if to.version == from.version {
        return Ok(());
    }
    // The newest tables first: what is sealed in them is known for those alone.
    drop(app.workspaces.open_apart(from.workspace, folder, from.database_key())?);
    let path = folder.join("data.db");
    upgrade::remove_all(&path)?;
    key_rotation::rekeyed(&path, from, &to, app.now(), &Origin::local(Actor::CommandLine))?;
    rekey::put_in_place(&path)
}

/// One database under its final name in the staging folder; its rows are those that were backed up.
fn database(folder: &Folder, copy: &Place, keys: &WorkspaceKeys, to: &Path, now: Timestamp) -> Result<String, Error> {
    let path = folder.base(keys.workspace, &copy.object);
    base::unpack(&path, &copy.sha256, |_| Ok((keys.workspace, keys.base.clone())), to)?;
    let examined = base::examine(to, keys, &[], now).map_err(at(path.display()))?;
    if examined.digest != copy.digest {
        return Err(Error::Refused(format!(
            "{}: its rows are not those that were backed up; nothing was written",
            path.display()
        )));
    }
    Ok(examined.digest)
}
