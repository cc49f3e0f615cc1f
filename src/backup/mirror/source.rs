//! What the backup folder holds, in the order in which it goes to the mirror.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::backup::folder::Folder;
use crate::crypto::file::read_if_there;
use crate::error::Error;

/// Looked at so often while the folder changes.
const LOOKS: usize = 5;

/// A file of the backup folder.
pub(super) struct Item {
    pub path: PathBuf,
    pub size: u64,
    /// Another one after the file was replaced.
    pub stamp: String,
}

/// All files of one moment, those first that others speak of.
pub(super) struct Source {
    /// Objects, keys, ledgers and manifests.
    pub items: BTreeMap<String, Item>,
    /// The lists of segments, `HEAD` and `INSTALLATION`, as they were before the rest was listed: what they speak of
    /// is among it. In the order in which they are written.
    pub heads: Vec<(String, Vec<u8>)>,
}

impl Source {
    /// Fails with [`Error::Refused`] when the folder is gone.
    pub fn read(folder: &Folder) -> Result<Source, Error> {
        // Whoever deletes holds the lock: nothing goes while it is listed.
        let _lock = folder.lock()?;
        for _ in 0..LOOKS {
            let heads = heads(folder)?;
            let mut items = BTreeMap::new();
            list(&folder.root, "", &mut items)?;
            for (name, _) in &heads {
                items.remove(name);
            }
            folder.refuse_gone()?;
            // Whoever lets something go says so first: nothing went that these heads name.
            if still_speak(&self::heads(folder)?, &heads) {
                return Ok(Source { items, heads });
            }
        }
        Err(Error::Unavailable(CHANGING.into()))
    }

    pub fn has(&self, name: &str) -> bool {
        self.items.contains_key(name) || self.heads.iter().any(|(head, _)| head == name)
    }

    pub fn bytes(&self) -> u64 {
        let heads: u64 = self.heads.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        heads + self.items.values().map(|item| item.size).sum::<u64>()
    }

    /// The names of [`Source::items`] in their order: what opens objects, then objects, then manifests.
    pub fn order(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.items.keys().map(String::as_str).collect();
        names.sort_by_key(|name| match name.split('/').next() {
            Some("keys") => 0,
            Some("manifests") => 2,
            _ => 1,
        });
        names
    }
}

/// Why a run ends that nothing is wrong with.
pub(super) const CHANGING: &str =
    "the backup folder changes faster than it can be copied; the next run goes on from there";

/// What a head says is there: parts that later heads of the same file must still name.
fn spoken_of((name, bytes): &(String, Vec<u8>)) -> (String, Vec<String>) {
    let value: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let list = if name == "HEAD" { &value["kept"] } else { &value["lines"] };
    let part = |one: &serde_json::Value| match name.as_str() {
        "HEAD" => format!("{} {} {}", one["file"], one["places"], one["scrubbed"]["gone"]),
        _ => format!("{} {}", one["line"], one["first"]),
    };
    (name.clone(), list.as_array().into_iter().flatten().map(part).collect())
}

/// Whether later heads speak of everything that earlier ones did.
fn still_speak(later: &[(String, Vec<u8>)], earlier: &[(String, Vec<u8>)]) -> bool {
    let later: BTreeMap<String, Vec<String>> = later.iter().map(spoken_of).collect();
    earlier
        .iter()
        .map(spoken_of)
        .all(|(name, parts)| later.get(&name).is_some_and(|later| parts.iter().all(|part| later.contains(part))))
}

fn heads(folder: &Folder) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut heads = Vec::new();
    let mut places: Vec<String> = match fs::read_dir(folder.root.join("data")) {
        Ok(entries) => entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect(),
        Err(source) if source.kind() == ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(folder.refused(&source)),
    };
    places.sort();
    let names = places.into_iter().map(|place| format!("data/{place}/segments/head.json"));
    for name in names.chain(["HEAD".into(), "INSTALLATION".into()]) {
        if let Some(bytes) = read_if_there(&folder.root.join(&name)).map_err(|source| folder.refused(&source))? {
            heads.push((name, bytes));
        }
    }
    Ok(heads)
}

/// Files that belong to work under way or to the folder itself.
pub(super) fn is_left_out(name: &str) -> bool {
    matches!(name, "LOCK" | "run.json" | super::MARK)
        || [".part", ".next", ".merging"].iter().any(|end| name.ends_with(end))
}

/// Every file below a folder, by its path from the top. What goes meanwhile is left out.
fn list(folder: &Path, above: &str, into: &mut BTreeMap<String, Item>) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let name = format!("{above}{name}");
        let meta = match entry.metadata() {
            Err(source) if source.kind() == ErrorKind::NotFound => continue,
            meta => meta?,
        };
        if meta.is_dir() {
            list(&entry.path(), &format!("{name}/"), into)?;
        } else if meta.is_file() && !is_left_out(&name) {
            into.insert(name, Item { path: entry.path(), size: meta.len(), stamp: stamp(&meta) });
        }
    }
    Ok(())
}

/// A file that is written anew has another.
pub(super) fn stamp(meta: &fs::Metadata) -> String {
    format!("{}.{}.{}.{}", meta.len(), meta.mtime(), meta.mtime_nsec(), meta.ino())
}
