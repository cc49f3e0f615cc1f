//! Looks at backups again: the chain of manifests, then every object and every file that they name.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::Watch;
use super::base::{self, Scratch};
use super::chain::Chain;
use super::files::{self, List};
use super::folder::Folder;
use super::manifest::{Manifest, Place};
use super::run::{clear_scratch, living};
use super::segments::{self, Point, Target};
use super::settings;
use crate::app::App;
use crate::error::Error;
use crate::id::WorkspaceId;

/// What was looked at, and what was found.
#[derive(Debug, Serialize)]
pub struct Verdict {
    pub backups: usize,
    pub copies: usize,
    pub files: usize,
    /// Pieces of what was committed between backups.
    pub segments: u64,
    /// One line for each thing that is wrong; empty when all is whole.
    pub faults: Vec<String>,
    pub head: String,
}

/// Opens what the folder holds: of the newest backup of each place, or of every backup that is kept.
///
/// Fails with [`Error::Refused`] when the folder or the chain itself does not hold.
pub fn verify(app: &App, all: bool, watch: &mut Watch) -> Result<Verdict, Error> {
    let folder = Folder::of(app)?;
    // Nothing goes while it is looked at.
    let _lock = if folder.root.is_dir() { Some(folder.lock()?) } else { None };
    let chain = Chain::of(app, &folder)?;
    let mut verdict = Verdict {
        backups: chain.manifests.len(),
        copies: 0,
        files: 0,
        segments: 0,
        faults: Vec::new(),
        head: chain.head().unwrap_or_default().to_owned(),
    };
    if chain.manifests.is_empty() {
        return Ok(verdict);
    }
    clear_scratch(app)?;
    let mut copies: Vec<(&Manifest, &Place)> = Vec::new();
    let living: HashSet<WorkspaceId> = living(app)?.into_iter().map(|(id, _)| id).collect();
    // Copies of a destroyed workspace open with no key; they wait for the next cycle, which deletes them.
    let opens = |place: &WorkspaceId| living.contains(place) || app.keys.workspace(*place).is_ok();
    for place in chain.places().into_iter().filter(opens) {
        let of_place = chain.copies_of(place).rev();
        copies.extend(of_place.take(if all { usize::MAX } else { 1 }));
        look_at_segments(app, &folder, &chain, (place, all), &mut verdict, watch)?;
    }
    let mut seen = List::default();
    let generation = chain.newest().map_or(0, |newest| newest.keyring);
    verdict.faults.extend(app.keys.faults_of_copies(&folder.keys(), generation));
    verdict.faults.extend(settings::fault(&folder, &app.keys));
    for (done, (manifest, copy)) in copies.iter().enumerate() {
        watch.step(&format!("reading backup {}", manifest.number), done, copies.len())?;
        verdict.copies += 1;
        if let Err(error) = look(app, &folder, copy) {
            verdict.faults.push(format!("backup {}: {error}", manifest.number));
        }
        look_at_files(&folder, manifest, copy, &mut seen, &mut verdict, watch)?;
    }
    Ok(verdict)
}

/// What was committed since the newest verified copy of a place, or on every line that a kept copy begins.
fn look_at_segments(
    app: &App,
    folder: &Folder,
    chain: &Chain,
    (place, all): (WorkspaceId, bool),
    verdict: &mut Verdict,
    watch: &mut Watch,
) -> Result<(), Error> {
    let mut lines: BTreeMap<&str, (u32, Vec<Point>)> = BTreeMap::new();
    let verified = chain.copies_of(place).rev().filter(|(_, copy)| copy.verified.is_some());
    for (_, copy) in verified.take(if all { usize::MAX } else { 1 }) {
        if let Some(point) = &copy.segments {
            lines.entry(&point.line).or_insert((copy.key_version, Vec::new())).1.insert(0, point.clone());
        }
    }
    let of = lines.len();
    for (done, (key_version, points)) in lines.into_values().enumerate() {
        watch.step("reading segments", done, of)?;
        let keys = app.keys.workspace_version(place, key_version)?;
        let target = Target::new(&folder.root, &keys, &app.control_keys.manifest);
        match segments::check(&target, &points) {
            Ok(opened) => verdict.segments += opened,
            Err(Error::Refused(fault)) => verdict.faults.push(fault),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// One object: unpacked and examined, its rows as they were.
fn look(app: &App, folder: &Folder, copy: &Place) -> Result<(), Error> {
    let id = copy.workspace().ok_or_else(|| Error::Refused("a place has no id".into()))?;
    let keys = app.keys.workspace_version(id, copy.key_version)?;
    let scratch = Scratch::new(&app.config.data.join("scratch"))?;
    let path = folder.base(id, &copy.object);
    base::unpack(&path, &copy.sha256, |_| Ok((id, keys.base.clone())), &scratch.file())?;
    let examined = base::examine(&scratch.file(), &keys, &[], app.now()).map_err(super::at(path.display()))?;
    if copy.verified.is_some() && examined.digest != copy.digest {
        return Err(Error::Refused(format!("{}: its rows are not those that were backed up", path.display())));
    }
    Ok(())
}

/// Its files, each once for all backups.
fn look_at_files(
    folder: &Folder,
    manifest: &Manifest,
    copy: &Place,
    seen: &mut List,
    verdict: &mut Verdict,
    watch: &mut Watch,
) -> Result<(), Error> {
    let Some(id) = copy.workspace() else { return Ok(()) };
    let list = match List::read(&folder.list(id, &copy.object), &copy.files_sha256) {
        Ok(list) => list,
        Err(error) => {
            verdict.faults.push(format!("backup {}: {error}", manifest.number));
            return Ok(());
        }
    };
    for (file, expected) in list.0 {
        if seen.0.contains_key(&file) {
            continue;
        }
        watch.step("reading attached files", verdict.files, verdict.files.max(1))?;
        verdict.files += 1;
        if let Some(fault) = files::fault_of(&folder.data(id), id, &file, &expected) {
            verdict.faults.push(format!("backup {}: {fault}", manifest.number));
        }
        seen.0.insert(file, expected);
    }
    Ok(())
}
