//! The sealed files beside a workspace's database. They never change, so each is in the backup once, and every backup
//! has a list of those it needs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::manifest::hash_of;
use super::{Watch, hex};
use crate::crypto::file::{replace, sync_folder_of};
use crate::crypto::object::{Header, Kind};
use crate::error::Error;
use crate::id::WorkspaceId;

/// The files of one backup by their ids: size and SHA-256 of each, as it lies sealed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct List(pub BTreeMap<String, (u64, String)>);

impl List {
    /// One line for each file.
    pub fn text(&self) -> String {
        self.0.iter().map(|(id, (size, sha256))| format!("{id} {size} {sha256}\n")).collect()
    }

    /// Reads a list whose hash stands in a manifest.
    pub fn read(path: &Path, sha256: &str) -> Result<List, Error> {
        let text = fs::read_to_string(path).map_err(|source| {
            Error::Refused(format!("{}: the list of files cannot be read: {source}", path.display()))
        })?;
        if hash_of(text.as_bytes()) != sha256 {
            return Err(Error::Refused(format!("{}: this is not the list that the manifest names", path.display())));
        }
        let line = |line: &str| {
            let mut parts = line.split(' ');
            Some((parts.next()?.to_owned(), (parts.next()?.parse().ok()?, parts.next()?.to_owned())))
        };
        let files = text.lines().map(line).collect::<Option<BTreeMap<_, _>>>();
        files.map(List).ok_or_else(|| Error::Refused(format!("{}: the list of files is damaged", path.display())))
    }

    /// Writes it beside its base; gives its hash.
    pub fn write(&self, path: &Path) -> Result<String, Error> {
        let text = self.text();
        replace(path, text.as_bytes(), 0o600)?;
        Ok(hash_of(text.as_bytes()))
    }

    pub fn bytes(&self) -> u64 {
        self.0.values().map(|(size, _)| size).sum()
    }
}

/// `blobs/ab/abcdef…`
pub fn path_of(folder: &Path, id: &str) -> PathBuf {
    folder.join("blobs").join(&id[..2]).join(id)
}

/// The sealed files in a workspace's folder, or in a backup of it.
pub fn ids_in(folder: &Path) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    for pair in entries(&folder.join("blobs"))? {
        // What is still coming in lies in a folder with a longer name.
        if pair.file_name().is_some_and(|name| name.len() == 2) {
            let names = entries(&pair)?.into_iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
            ids.extend(names.filter(|name| name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())));
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(source.into()),
    }
}

/// Takes every file of `from` over into the backup `to`, as a second name of the same bytes where both lie on one
/// disk, as a copy otherwise. Adds them to `list`; `known` are hashes of files that were taken over earlier.
pub fn take_over(from: &Path, to: &Path, known: &List, list: &mut List, watch: &mut Watch) -> Result<(), Error> {
    for id in ids_in(from)? {
        if list.0.contains_key(&id) {
            continue;
        }
        if (watch.is_stopping)() {
            return Err(Error::Unavailable(super::STOPPED.into()));
        }
        let (source, target) = (path_of(from, &id), path_of(to, &id));
        let there = fs::metadata(&target).map(|meta| meta.len()).ok();
        if let (Some(length), Some(seen)) = (there, known.0.get(&id))
            && length == seen.0
        {
            list.0.insert(id, seen.clone());
            continue;
        }
        match link_or_copy(&source, &target) {
            Ok(()) => {}
            // Deleted since it was seen: no row names it any more.
            Err(source) if source.kind() == ErrorKind::NotFound => continue,
            Err(source) => return Err(source.into()),
        }
        list.0.insert(id, hash_file(&target)?);
    }
    Ok(())
}

/// Takes over the files that the backup `to` does not have yet, and reads none of them. What a list says of a file is
/// found out by the backup that makes the list.
pub fn add_new(from: &Path, to: &Path) -> Result<(), Error> {
    for id in ids_in(from)? {
        let target = path_of(to, &id);
        if !target.exists() {
            match link_or_copy(&path_of(from, &id), &target) {
                Err(source) if source.kind() != ErrorKind::NotFound => return Err(source.into()),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Gives `target` the bytes of `source`; a file that is there already is replaced.
pub fn link_or_copy(source: &Path, target: &Path) -> io::Result<()> {
    let folder = target.parent().unwrap_or(target);
    fs::create_dir_all(folder)?;
    let begun = target.with_extension("part");
    let _ = fs::remove_file(&begun);
    if fs::hard_link(source, &begun).is_err() {
        fs::copy(source, &begun)?;
        File::open(&begun)?.sync_all()?;
    }
    fs::rename(&begun, target)?;
    sync_folder_of(target)
}

/// Size and SHA-256.
pub fn hash_file(path: &Path) -> Result<(u64, String), Error> {
    let (mut hash, mut file, mut bytes) = (Sha256::new(), File::open(path)?, 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, hex(&hash.finalize())));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// What is wrong with a file of a list; `None` when it is there, whole and the right one.
pub fn fault_of(folder: &Path, workspace: WorkspaceId, id: &str, expected: &(u64, String)) -> Option<String> {
    let path = path_of(folder, id);
    match hash_file(&path) {
        Err(_) if !path.exists() => Some(format!("{}: the file is missing", path.display())),
        Err(error) => Some(format!("{}: {error}", path.display())),
        Ok(found) if found != *expected => Some(format!("{}: the file was changed", path.display())),
        Ok(_) => {
            let header = File::open(&path).ok().and_then(|mut file| Header::read(&mut file).ok());
            let is_right = header
                .is_some_and(|header| header.expect(Kind::Attachment, workspace).is_ok() && hex(&header.object) == id);
            (!is_right).then(|| format!("{}: this is another sealed file under its name", path.display()))
        }
    }
}
