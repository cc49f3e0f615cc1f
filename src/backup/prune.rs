//! Lets old copies go by the rule of [`super::rotation`]. `HEAD` says first what stays; only then are objects deleted,
//! so that a crash leaves too much and never too little (BKP-5).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::Watch;
use super::chain::{Chain, number_of};
use super::files::{self, List};
use super::folder::Folder;
use super::mirror;
use super::rotation::{self, Copy, Profile, Reason};
use super::run::living;
use super::segments;
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::file::sync_folder_of;
use crate::db::{Origin, Tx, installation};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::privacy::audit::{self, Event};

/// What nothing names stays so long: a run under way has objects before it has a manifest.
const ORPHAN_MS: i64 = Timestamp::DAY;
/// The fact in `control.db` with the chosen profile.
const PROFILE_FACT: &str = "backup_profile";
/// The fact in `control.db` that more than a fifth would go, and how many of how many.
pub const WAITING_FACT: &str = "backup_prune_waiting";

/// What a run of the rule means.
#[derive(Debug, Clone, Serialize)]
pub struct Pruned {
    pub copies: usize,
    pub going: usize,
    /// More than a fifth would go, and nobody said that this is right.
    pub waits: bool,
    /// Copies that went, and bytes that were freed.
    pub gone: usize,
    pub freed: u64,
}

/// How long backups are kept.
pub fn profile(app: &App) -> Result<Profile, Error> {
    let word = app.read(|db| installation::fact(db, PROFILE_FACT))?;
    Ok(word.and_then(|word| Profile::from_word(&word)).unwrap_or(Profile::Standard))
}

/// Chooses how long backups are kept, from the next run on.
pub fn set_profile(tx: &Tx, profile: Profile) -> Result<(), Error> {
    installation::set_fact(tx, PROFILE_FACT, profile.word())?;
    audit::record(tx, Event::new("backup.profile.chosen").detail("profile", profile.word()))
}

/// Why each copy of a place is kept, by the number of its backup; empty reasons go with the next run.
pub fn reasons(
    chain: &Chain,
    place: WorkspaceId,
    profile: Profile,
    now: Timestamp,
    is_living: bool,
) -> HashMap<u64, Vec<Reason>> {
    let (mut copies, mut on_lines) = (Vec::new(), Vec::new());
    for (manifest, copy) in chain.copies_of(place) {
        let seen = Copy { number: manifest.number, at: copy.at, is_verified: copy.verified.is_some() };
        copies.push(seen);
        if let Some(point) = copy.segments.as_ref().filter(|_| is_living && seen.is_verified) {
            on_lines.push((seen, &*point.line));
        }
    }
    let leading = rotation::leading(&on_lines, segments::window_begins(now));
    let fates = rotation::decide(&copies, profile.rule(), now, is_living).into_iter();
    fates
        .map(|mut fate| {
            fate.reasons.extend(leading.contains(&fate.number).then_some(Reason::Moments));
            (fate.number, fate.reasons)
        })
        .collect()
}

/// Applies the rule to every place. `is_right` says that more than a fifth may go; `dry` only counts.
pub fn prune(app: &App, origin: &Origin, is_right: bool, dry: bool, watch: &mut Watch) -> Result<Pruned, Error> {
    let folder = Folder::of(app)?;
    let key = &app.control_keys.manifest;
    if !folder.root.is_dir() {
        return Ok(Pruned { copies: 0, going: 0, waits: false, gone: 0, freed: 0 });
    }
    // What is read must still be so when it is acted upon.
    let _lock = if dry { None } else { Some(folder.lock()?) };
    let mut chain = Chain::of(app, &folder)?;
    let mut pruned = Pruned { copies: chain.copies(), going: 0, waits: false, gone: 0, freed: 0 };
    if chain.manifests.is_empty() {
        return Ok(pruned);
    }
    let going = going(app, &chain)?;
    pruned.going = going.len();
    pruned.waits = rotation::must_ask(pruned.going, pruned.copies) && !is_right;
    if dry {
        return Ok(pruned);
    }
    // A run that was cut short begins anew: what it has made is not named yet, and may go.
    super::run::forget_begun(&folder);
    let waiting = pruned.waits.then(|| format!("{} of {}", pruned.going, pruned.copies));
    app.control.write_unaudited(app.now(), origin, |tx| match &waiting {
        Some(words) => installation::set_fact(tx, WAITING_FACT, words),
        None => installation::forget_fact(tx, WAITING_FACT),
    })?;
    // What is committed between copies goes by its own days, whatever waits.
    pruned.freed = segments::prune(app, &chain, watch)?;
    if pruned.waits {
        return Ok(pruned);
    }
    if !going.is_empty() {
        let_go(&mut chain, &|number, place| going.contains(&(number, place.to_owned())));
        app.write(origin, |tx| audit::record(tx, Event::new("backup.copies.pruned").detail("copies", going.len())))?;
        chain.write_head(&folder, key)?;
        pruned.gone = going.len();
    }
    pruned.freed += sweep(app, &folder, &chain, &going, watch)?;
    Ok(pruned)
}

/// Takes every copy of a place out of the folder, whatever the rule keeps: its workspace was destroyed (P-118).
///
/// Does it again after a crash. Fails as [`Folder::of`] does while the folder is away.
pub fn forget(app: &App, place: WorkspaceId) -> Result<(), Error> {
    let folder = Folder::of(app)?;
    if !folder.root.is_dir() {
        return Ok(());
    }
    let _lock = folder.lock()?;
    let key = &app.control_keys.manifest;
    let mut chain = Chain::of(app, &folder)?;
    if chain.copies_of(place).next().is_some() {
        let id = place.to_string();
        let_go(&mut chain, &|_, other| other == id);
        chain.write_head(&folder, key)?;
    }
    super::run::forget_begun(&folder);
    match fs::remove_dir_all(folder.data(place)) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(folder.refused(&source)),
        Err(_) => {}
        Ok(()) => sync_folder_of(&folder.data(place))?,
    }
    mirror::jobs::ask(app)
}

/// Takes copies out of the list. The newest manifest stays in any case: the chain goes on from it.
fn let_go(chain: &mut Chain, goes: &dyn Fn(u64, &str) -> bool) {
    let newest = chain.newest().map_or(0, |newest| newest.number);
    for kept in &mut chain.kept {
        let number = kept.number;
        kept.places.retain(|id| !goes(number, id));
        if let Some(scrubbed) = &mut kept.scrubbed {
            scrubbed.places.retain(|copy| kept.places.contains(&copy.id));
        }
    }
    chain.kept.retain(|kept| !kept.places.is_empty() || kept.number == newest);
    let stays: HashSet<u64> = chain.kept.iter().map(|kept| kept.number).collect();
    chain.manifests.retain(|manifest| stays.contains(&manifest.number));
}

/// What the rule does not keep: the backup's number and the place.
fn going(app: &App, chain: &Chain) -> Result<BTreeSet<(u64, String)>, Error> {
    let (profile, now) = (profile(app)?, app.now());
    let living: HashSet<WorkspaceId> = living(app)?.into_iter().map(|(id, _)| id).collect();
    let mut going = BTreeSet::new();
    for place in chain.places() {
        let fates = reasons(chain, place, profile, now, living.contains(&place));
        going.extend(
            fates.into_iter().filter(|(_, reasons)| reasons.is_empty()).map(|(number, _)| (number, place.to_string())),
        );
    }
    Ok(going)
}

/// Deletes what no kept backup names: manifests at once, objects of copies that were let go at once, others a day
/// after they were made.
fn sweep(
    app: &App,
    folder: &Folder,
    chain: &Chain,
    going: &BTreeSet<(u64, String)>,
    watch: &mut Watch,
) -> Result<u64, Error> {
    let newest = chain.newest().map_or(0, |newest| newest.number);
    let known: HashSet<&str> = chain.kept.iter().map(|kept| kept.file.as_str()).collect();
    for entry in fs::read_dir(folder.manifests())? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if number_of(name).is_some_and(|number| number <= newest) && !known.contains(name) {
            remove(&path)?;
        }
    }
    let places: Vec<WorkspaceId> = fs::read_dir(folder.root.join("data"))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    let mut freed = 0;
    for (done, place) in places.iter().enumerate() {
        watch.step("deleting what is not kept", done, places.len())?;
        let has_lost = going.iter().any(|(_, id)| *id == place.to_string());
        freed += sweep_place(app, folder, chain, *place, has_lost)?;
    }
    Ok(freed)
}

/// The objects of one place that no kept backup names: all of them when it `has_lost` copies, else those of yesterday.
/// A file that the workspace still has stays: the next backup names it. Gives the bytes that were freed.
pub(super) fn sweep_place(
    app: &App,
    folder: &Folder,
    chain: &Chain,
    place: WorkspaceId,
    has_lost: bool,
) -> Result<u64, Error> {
    let (data, live) = (folder.data(place), app.workspaces.folder_of(place));
    let mut objects = HashSet::new();
    let mut named = HashSet::new();
    for (_, copy) in chain.copies_of(place) {
        objects.insert(copy.object.clone());
        // A list that cannot be read might name any file: none goes then.
        named.extend(List::read(&folder.list(place, &copy.object), &copy.files_sha256)?.0.into_keys());
    }
    let mut freed = 0;
    for entry in fs::read_dir(&data)? {
        let path = entry?.path();
        let (stem, end) =
            (path.file_stem().and_then(|stem| stem.to_str()), path.extension().and_then(|end| end.to_str()));
        let is_ours = matches!(end, Some("base" | "files" | "part"));
        if is_ours
            && stem.is_none_or(|stem| !objects.contains(stem))
            && (has_lost && end != Some("part") || is_old(app, &path))
        {
            freed += fs::metadata(&path).map_or(0, |meta| meta.len());
            remove(&path)?;
        }
    }
    for id in files::ids_in(&data)? {
        let path = files::path_of(&data, &id);
        let is_named = named.contains(&id) || files::path_of(&live, &id).exists();
        if !is_named && (has_lost || is_old(app, &path)) {
            freed += fs::metadata(&path).map_or(0, |meta| meta.len());
            remove(&path)?;
        }
    }
    Ok(freed)
}

/// Changed more than a day ago, by the disk's own clock and ours. What a run just made is younger.
fn is_old(app: &App, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).is_ok_and(|meta| app.now().since(Timestamp(meta.ctime().saturating_mul(1_000))) > ORPHAN_MS)
}

fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_file(path)?;
    Ok(sync_folder_of(path)?)
}
