//! Brings a mirror back as a folder to restore from, on a machine that has the settings and nothing else.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::{Place, Store};
use crate::backup::Watch;
use crate::backup::chain::Head;
use crate::backup::files::{self, List, hash_file};
use crate::backup::folder::Folder;
use crate::backup::manifest::{Manifest, hash_of};
use crate::crypto::file::sync_folder_of;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::outbound::Outbound;

/// What was brought.
#[derive(Debug, Serialize)]
pub struct Fetched {
    pub from: String,
    pub into: String,
    pub objects: usize,
    pub bytes: u64,
    /// Backups whose objects were held against their manifests.
    pub backups: usize,
    /// One line for each object that is not what its manifest names; a restore of that backup is refused.
    pub faults: Vec<String>,
}

/// Downloads all of a mirror into a folder that is empty, or that an earlier call has begun to fill.
///
/// Fails with [`Error::Refused`] when the mirror holds no backups or the folder holds something else.
pub fn fetch(place: &Place, outbound: &Outbound, into: &Path, watch: &mut Watch) -> Result<Fetched, Error> {
    let store = place.open(outbound, None)?;
    let there = store.list()?;
    if super::owner(store.as_ref())?.is_none() {
        return Err(Error::Refused(format!("{}: there is no mirror of Holdfast's backups", store.shown())));
    }
    let folder = Folder::at(into);
    fs::create_dir_all(into).map_err(|source| folder.refused(&source))?;
    refuse_foreign(&folder, &there)?;
    let mut fetched = Fetched {
        from: store.shown().to_owned(),
        into: into.display().to_string(),
        objects: 0,
        bytes: 0,
        backups: 0,
        faults: Vec::new(),
    };
    for (done, (name, seen)) in there.iter().enumerate() {
        watch.step("fetching the mirror", done, there.len())?;
        if name.split('/').any(|part| part.is_empty() || part == "..") {
            return Err(Error::Refused(format!("{}: {name} is no name of a backup's file", store.shown())));
        }
        let target = into.join(name);
        // What the heads speak of changes; everything else is fetched once.
        let is_fixed = name.starts_with("data/") && !name.ends_with(".json");
        if !(is_fixed && fs::metadata(&target).is_ok_and(|meta| meta.len() == seen.size)) {
            bring(store.as_ref(), name, &target).map_err(|error| match error {
                Error::DiskFull => folder.refused(&std::io::ErrorKind::StorageFull.into()),
                error => error,
            })?;
        }
        fetched.objects += 1;
        fetched.bytes += seen.size;
    }
    check(&folder, &mut fetched, watch)?;
    Ok(fetched)
}

/// A folder with anything of somebody else in it stays as it is.
fn refuse_foreign(folder: &Folder, there: &BTreeMap<String, super::Seen>) -> Result<(), Error> {
    let tops: Vec<&str> = there.keys().filter_map(|name| name.split('/').next()).collect();
    for entry in fs::read_dir(&folder.root).map_err(|source| folder.refused(&source))? {
        let name = entry?.file_name();
        if !tops.iter().any(|top| name.to_str().is_some_and(|name| name.trim_end_matches(".part") == *top)) {
            return Err(Error::Refused(format!(
                "{}: the folder is not empty ({}); name an empty one",
                folder.shown(),
                name.to_string_lossy()
            )));
        }
    }
    Ok(())
}

fn bring(store: &dyn Store, name: &str, target: &Path) -> Result<(), Error> {
    fs::create_dir_all(target.parent().unwrap_or(target))?;
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    let mut file = File::create(&part)?;
    store.read(name, &mut file)?;
    file.sync_all()?;
    fs::rename(&part, target)?;
    Ok(sync_folder_of(target)?)
}

/// Holds every object that a manifest names against its hash. Whether the manifests are ours is for the restore to
/// say, which has the key.
fn check(folder: &Folder, fetched: &mut Fetched, watch: &mut Watch) -> Result<(), Error> {
    let Some(head) = unsigned::<Head>(&folder.root.join("HEAD")) else {
        fetched.faults.push("HEAD is missing or damaged".into());
        return Ok(());
    };
    let mut seen = List::default();
    for (done, kept) in head.kept.iter().enumerate() {
        watch.step("comparing with the manifests", done, head.kept.len())?;
        let path = folder.manifests().join(&kept.file);
        let is_right = fs::read(&path).is_ok_and(|bytes| hash_of(&bytes) == kept.hash);
        let Some(mut manifest) = unsigned::<Manifest>(&path).filter(|_| is_right) else {
            fetched.faults.push(format!("backup {}: {} is missing or damaged", kept.number, kept.file));
            continue;
        };
        fetched.backups += 1;
        kept.stand_in(&mut manifest);
        for copy in manifest.places.iter().filter(|copy| kept.places.contains(&copy.id)) {
            let Some(id) = copy.workspace() else { continue };
            let base = folder.base(id, &copy.object);
            if !hash_file(&base).is_ok_and(|(_, sha256)| sha256 == copy.sha256) {
                fetched.faults.push(format!("backup {}: {} is missing or damaged", kept.number, base.display()));
            }
            match List::read(&folder.list(id, &copy.object), &copy.files_sha256) {
                Ok(list) => check_files(folder, id, list, &mut seen, kept.number, &mut fetched.faults),
                Err(error) => fetched.faults.push(format!("backup {}: {error}", kept.number)),
            }
        }
    }
    Ok(())
}

fn check_files(folder: &Folder, id: WorkspaceId, list: List, seen: &mut List, number: u64, faults: &mut Vec<String>) {
    for (file, expected) in list.0 {
        if seen.0.insert(file.clone(), expected.clone()).is_none() {
            let fault = files::fault_of(&folder.data(id), id, &file, &expected);
            faults.extend(fault.map(|fault| format!("backup {number}: {fault}")));
        }
    }
}

/// A signed file whose signature nobody can look at here.
fn unsigned<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    let mut value: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    value.as_object_mut()?.remove("mac");
    serde_json::from_value(value).ok()
}
