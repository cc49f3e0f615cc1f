//! Reads every byte of the mirror back and holds it against the backup folder.

use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Place;
use super::index::Index;
use super::source::Source;
use super::state;
use crate::app::App;
use crate::backup::files::hash_file;
use crate::backup::folder::Folder;
use crate::backup::manifest::hash_of;
use crate::backup::{Watch, hex};
use crate::db::Origin;
use crate::error::Error;

/// Passes bytes on, counted and hashed.
pub(super) struct Reading<'a> {
    into: &'a mut dyn Write,
    hash: Sha256,
    size: u64,
}

impl<'a> Reading<'a> {
    pub fn new(into: &'a mut dyn Write) -> Reading<'a> {
        Reading { into, hash: Sha256::new(), size: 0 }
    }

    /// Size and SHA-256 of all that came by.
    pub fn end(self) -> (u64, String) {
        (self.size, hex(&self.hash.finalize()))
    }
}

impl Write for Reading<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.into.write_all(bytes)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

/// What was read, and what was found.
#[derive(Debug, Serialize)]
pub struct Verdict {
    pub to: String,
    pub objects: usize,
    pub bytes: u64,
    /// Files that the next run copies, since they came or changed after the last one.
    pub behind: usize,
    /// One line for each file that is not what was copied; empty when all is whole. The next run mends them.
    pub faults: Vec<String>,
}

/// Looks at every file of a mirror.
///
/// Fails like [`super::run::run`]. What is found broken is forgotten, so that the next run copies it once more.
pub fn verify(app: &App, origin: &Origin, place: &Place, watch: &mut Watch) -> Result<Verdict, Error> {
    let folder = Folder::of(app)?;
    let store = place.open(&app.mailer.outbound, Some(&app.config.data))?;
    let mut index = Index::open(&app.config.data, store.shown())?;
    let source = Source::read(&folder)?;
    let there = store.list()?;
    super::run::refuse_others(app, store.as_ref())?;
    let mut verdict = Verdict { to: store.shown().to_owned(), objects: 0, bytes: 0, behind: 0, faults: Vec::new() };
    let heads = source.heads.iter().map(|(name, bytes)| (name.as_str(), Some(bytes)));
    let names: Vec<_> = source.items.keys().map(|name| (name.as_str(), None)).chain(heads).collect();
    for (done, (name, head)) in names.iter().enumerate() {
        watch.step("reading the mirror", done, names.len())?;
        let known = index.entries.get(*name).cloned();
        let stamp = source.items.get(*name).map(|item| item.stamp.clone());
        // A head is known by its bytes: it has none of the file's stamp.
        let is_current = match (&known, head) {
            (Some(known), Some(bytes)) => known.sha256 == hash_of(bytes),
            (Some(known), None) => Some(&known.stamp) == stamp.as_ref(),
            (None, _) => false,
        };
        let Some(known) = known.filter(|_| is_current) else {
            verdict.behind += 1;
            continue;
        };
        let found = match there.contains_key(*name) {
            true => Some(store.read(name, &mut io::sink())?),
            false => None,
        };
        verdict.objects += 1;
        verdict.bytes += found.as_ref().map_or(0, |(size, _)| *size);
        let is_right = found.as_ref().is_some_and(|(_, sha256)| *sha256 == known.sha256);
        // The folder's own file can be the one that rotted: then the mirror's is not written over.
        let own = match source.items.get(*name) {
            Some(item) => hash_file(&item.path).map(|(_, sha256)| sha256).ok(),
            None => head.map(|bytes| hash_of(bytes)),
        };
        let is_own_right = own.as_ref().is_none_or(|sha256| *sha256 == known.sha256);
        match (is_right, is_own_right) {
            (true, true) => {}
            (true, false) => verdict.faults.push(format!(
                "{name}: the file in the backup folder was changed after it was copied; the mirror has the right one"
            )),
            (false, _) => {
                let what = if found.is_some() { "was changed" } else { "is missing" };
                verdict.faults.push(format!("{name}: the mirror's file {what}"));
                index.forget(name)?;
            }
        }
    }
    state::verified(app, origin, &verdict)?;
    Ok(verdict)
}
