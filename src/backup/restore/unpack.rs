//! Puts databases and files back in their places, each examined before it counts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Report, Restored, copy_until};
use crate::app::App;
use crate::backup::chain::Chain;
use crate::backup::files::{self, List};
use crate::backup::folder::Folder;
use crate::backup::manifest::Place;
use crate::backup::segments::{self, Goal, Reached, Target};
use crate::backup::{Watch, at, base};
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::crypto::derive::WorkspaceKeys;
use crate::db::{Actor, Origin, rekey, upgrade};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::key_rotation;
use crate::keys::Keys;
use crate::members::workspaces as list;

/// How often a restore begins anew because segments were merged under its hands. Each run merges a segment once.
const TRIES: usize = 3;

/// The backups that are restored from.
pub struct Copies<'a> {
    pub folder: &'a Folder,
    pub chain: &'a Chain,
    /// Checks what says how many segments there are.
    pub head_key: &'a Key,
}

/// A database that is back, and how far.
#[derive(Debug)]
pub struct Brought {
    /// The backup it comes from.
    pub backup: u64,
    /// The moment that it holds.
    pub at: Timestamp,
    /// Which key of the place its file is under.
    pub key_version: u32,
    /// Over its rows.
    pub digest: String,
    pub reached: Option<Reached>,
}

/// Brings the database of one place to `to`, which must not exist: the newest verified copy from before the goal,
/// moved forward to it, and examined. `None` when no copy is that old. `keys` gives the keys of a version.
///
/// Fails with [`Error::Refused`], naming the object, when anything is missing, damaged or out of order; then nothing
/// is left under `to`.
pub fn bring_back(
    copies: &Copies,
    place: WorkspaceId,
    keys: &dyn Fn(u32) -> Result<WorkspaceKeys, Error>,
    goal: &Goal,
    to: &Path,
    now: Timestamp,
) -> Result<Option<Brought>, Error> {
    let Some((backup, copy)) = copy_until(copies.chain, place, goal.until, now) else { return Ok(None) };
    let brought = database(copies, copy, &keys(copy.key_version)?, goal, to, now);
    if brought.is_err() {
        for ending in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(crate::db::sidecar(to, ending));
        }
    }
    let (digest, reached) = brought?;
    let at = reached.as_ref().map_or(copy.at, |reached| copy.at.max(reached.moment));
    Ok(Some(Brought { backup, at, key_version: copy.key_version, digest, reached }))
}

/// `control.db`, without which nothing else has a name.
pub fn installation(
    staging: &Path,
    copies: &Copies,
    keys: &Keys,
    goal: &Goal,
    report: &mut Report,
    watch: &mut Watch,
) -> Result<(), Error> {
    watch.step("restoring the installation", 0, 1)?;
    let keys = |version| keys.workspace_version(WorkspaceId::CONTROL, version);
    let to = staging.join("control.db");
    let Some(back) = bring_back(copies, WorkspaceId::CONTROL, &keys, goal, &to, report.restored_at)? else {
        let oldest = copies.chain.copies_of(WorkspaceId::CONTROL).find(|(_, copy)| copy.verified.is_some());
        let oldest =
            oldest.map_or("there is none".to_owned(), |(_, copy)| format!("the oldest is of {}", copy.at.rfc3339()));
        return Err(Error::Refused(format!(
            "{}: no verified backup of the installation is from {} or before; {oldest}. Nothing was written",
            copies.folder.shown(),
            report.until.rfc3339()
        )));
    };
    report.places.push(restored("installation", back, 0));
    Ok(())
}

/// Each workspace that the restored installation knows, with its files.
pub fn workspaces(
    app: &App,
    copies: &Copies,
    goal: &Goal,
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
        let keys = |version| app.keys.workspace_version(one.id, version);
        let Some(back) = bring_back(copies, one.id, &keys, goal, &place.join("data.db"), report.restored_at)? else {
            fs::remove_dir(&place)?;
            report.missing.push(one.slug.clone());
            continue;
        };
        under_key_in_use(app, &keys(back.key_version)?, &place)?;
        let files = attached(copies, one.id, &back, &place)?;
        report.places.push(restored(&one.slug, back, files));
    }
    Ok(())
}

/// One workspace as it was at a moment, in a folder: its database under the key in use, and its files. `None` when no
/// backup reaches back so far.
pub fn workspace(
    app: &App,
    folder: &Folder,
    chain: &Chain,
    id: WorkspaceId,
    until: Timestamp,
    to: &Path,
) -> Result<Option<Restored>, Error> {
    if let Some(shipping) = app.shipments.of(id) {
        shipping.ship()?;
    }
    let copies = Copies { folder, chain, head_key: &app.control_keys.manifest };
    let keys = |version| app.keys.workspace_version(id, version);
    let goal = Goal { until: Some(until), ..Goal::default() };
    let Some(back) = bring_back(&copies, id, &keys, &goal, &to.join("data.db"), app.now())? else { return Ok(None) };
    under_key_in_use(app, &keys(back.key_version)?, to)?;
    let files = attached(&copies, id, &back, to)?;
    Ok(Some(restored("", back, files)))
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
    key_rotation::rekeyed(&path, app.modules, (from, &to), app.now(), &Origin::local(Actor::CommandLine))?;
    rekey::put_in_place(&path)
}

fn restored(place: &str, back: Brought, files: usize) -> Restored {
    let Brought { backup, at, digest, reached, .. } = back;
    Restored { place: place.into(), backup, at, digest, files, reached }
}

/// The sealed files: those that the backup lists, and those that came after it. One that no row names any more is
/// noise, and goes with the next sweep.
fn attached(copies: &Copies, id: WorkspaceId, back: &Brought, place: &Path) -> Result<usize, Error> {
    let data = copies.folder.data(id);
    let copy = copies.chain.copies_of(id).find(|(manifest, _)| manifest.number == back.backup).map(|(_, copy)| copy);
    let copy = copy.ok_or_else(|| Error::internal("a backup that was just restored from"))?;
    let list = List::read(&copies.folder.list(id, &copy.object), &copy.files_sha256)?;
    for (file, expected) in &list.0 {
        if let Some(fault) = files::fault_of(&data, id, file, expected) {
            return Err(Error::Refused(format!("{fault}; nothing was written")));
        }
    }
    let mut wanted: BTreeSet<String> = list.0.into_keys().collect();
    if back.reached.as_ref().is_some_and(|reached| reached.commits > 0) {
        wanted.extend(files::ids_in(&data)?);
    }
    for file in &wanted {
        files::link_or_copy(&files::path_of(&data, file), &files::path_of(place, file))?;
    }
    Ok(wanted.len())
}

/// One database under its name, brought forward to the goal; where no segment was applied its rows are those that were
/// backed up.
fn database(
    copies: &Copies,
    copy: &Place,
    keys: &WorkspaceKeys,
    goal: &Goal,
    to: &Path,
    now: Timestamp,
) -> Result<(String, Option<Reached>), Error> {
    let path = copies.folder.base(keys.workspace, &copy.object);
    let mut tries = 0;
    let reached = loop {
        match brought_forward(copies, copy, keys, goal, to) {
            // The job that merges came between; the base is taken once more.
            Err(Error::Conflict(_)) if tries < TRIES => fs::remove_file(to)?,
            brought => break brought?,
        }
        tries += 1;
    };
    let examined = base::examine(to, keys, &[], now).map_err(at(path.display()))?;
    let is_base = reached.as_ref().is_none_or(|reached| reached.commits == 0);
    if is_base && examined.digest != copy.digest {
        return Err(Error::Refused(format!(
            "{}: its rows are not those that were backed up; nothing was written",
            path.display()
        )));
    }
    Ok((examined.digest, reached))
}

fn brought_forward(
    copies: &Copies,
    copy: &Place,
    keys: &WorkspaceKeys,
    goal: &Goal,
    to: &Path,
) -> Result<Option<Reached>, Error> {
    let path = copies.folder.base(keys.workspace, &copy.object);
    base::unpack(&path, &copy.sha256, |_| Ok((keys.workspace, keys.base.clone())), to)?;
    let Some(point) = &copy.segments else { return Ok(None) };
    // A later backup that is kept says of itself how far the line had come.
    let later = copies.chain.copies_of(keys.workspace).filter_map(|(_, copy)| copy.segments.as_ref());
    let known = later.filter(|other| other.line == point.line).map(|other| other.number).max().unwrap_or(0);
    let target = Target::new(&copies.folder.root, keys, copies.head_key);
    segments::apply(&target, point, &Goal { known: known.max(goal.known), ..goal.clone() }, to).map(Some)
}
