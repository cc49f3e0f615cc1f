//! All backups of a folder: the signed `HEAD` says which there are, each manifest which came before it.
//!
//! Rotation takes manifests out of the middle, so the hashes alone would break: `HEAD` names every manifest that is
//! kept, with its hash and the places whose objects are kept. It is written before anything is deleted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::folder::{Folder, HEAD_FACT};
use super::manifest::{Manifest, Place, Signed, hash_of};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::crypto::file::{read_if_there, replace};
use crate::db::{Db, Origin, installation};
use crate::error::Error;
use crate::id::WorkspaceId;

/// The signed list of what a folder holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub install: String,
    /// The number of the newest backup.
    pub number: u64,
    pub kept: Vec<Kept>,
}

/// A manifest that is there, and the places of it whose objects are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    pub number: u64,
    pub file: String,
    pub hash: String,
    pub places: Vec<String>,
    /// Copies of it from which people were erased since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scrubbed: Option<Scrubbed>,
}

/// What became of a backup's copies after people were erased from them, see [`super::scrub`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scrubbed {
    /// For each workspace the last entry of its ledger that was looked for in this backup.
    pub through: BTreeMap<String, i64>,
    /// The copies that stand in for those of the manifest.
    pub places: Vec<Place>,
    /// The objects that they stand in for, which are gone.
    pub gone: Vec<String>,
}

impl Kept {
    /// A backup with all of its copies.
    fn whole(manifest: &Manifest, file: String, hash: String) -> Kept {
        let places = manifest.places.iter().map(|place| place.id.clone()).collect();
        Kept { number: manifest.number, file, hash, places, scrubbed: None }
    }

    /// Puts the copies that people were erased from in the place of the manifest's own.
    pub fn stand_in(&self, manifest: &mut Manifest) {
        for scrubbed in self.scrubbed.iter().flat_map(|scrubbed| &scrubbed.places) {
            manifest.places.iter_mut().filter(|copy| copy.id == scrubbed.id).for_each(|copy| copy.clone_from(scrubbed));
        }
    }
}

impl Signed for Head {
    const DOMAIN: &'static str = "holdfast/head/v1\n";
    const NAME: &'static str = "list of backups (HEAD)";
}

/// What is remembered of the newest backup outside of the folder.
#[derive(Serialize, Deserialize)]
struct Remembered {
    number: u64,
    hash: String,
}

/// The fact in `control.db` with the hash of the backup that is about to be written: after a crash it may be there or
/// not. Apart from [`HEAD_FACT`], which says that there is one.
const NEXT_FACT: &str = "backup_next";

/// Every backup of a folder, checked.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    /// The oldest first, each with its copies as they are now: those that people were erased from stand in for the
    /// first ones.
    pub manifests: Vec<Manifest>,
    /// What `HEAD` said, after a backup that it did not know yet was added.
    pub kept: Vec<Kept>,
}

impl Chain {
    /// Reads and checks all of it: every signature, every hash, every link. Opens no object.
    ///
    /// Fails with [`Error::Refused`], naming the file, when anything is missing or was changed.
    pub fn read(folder: &Folder, key: &Key) -> Result<Chain, Error> {
        let path = folder.root.join("HEAD");
        let read = |path: &std::path::Path| read_if_there(path).map_err(|source| folder.refused(&source));
        let mut head = match read(&path)? {
            Some(bytes) => Some(Head::parse(&bytes, key).map_err(super::at(path.display()))?),
            None => None,
        };
        let mut chain = Chain::default();
        for kept in head.iter_mut().flat_map(|head| std::mem::take(&mut head.kept)) {
            let path = folder.manifests().join(&kept.file);
            let bytes = read(&path)?.ok_or_else(|| {
                Error::Refused(format!(
                    "{} is missing: backup {} was taken out of the folder",
                    path.display(),
                    kept.number
                ))
            })?;
            if hash_of(&bytes) != kept.hash {
                return Err(Error::Refused(format!("{} is not the file that HEAD lists", path.display())));
            }
            let manifest = Manifest::parse(&bytes, key).map_err(super::at(path.display()))?;
            chain.push(manifest, kept).map_err(super::at(path.display()))?;
        }
        let last = head.as_ref().map_or(0, |head| head.number);
        chain.adopt(folder, key, last)?;
        if head.is_none() {
            chain.refuse_headless(folder)?;
        }
        Ok(chain)
    }

    /// Without `HEAD` a folder holds at most the very first backup, which a crash cut off before it was listed.
    fn refuse_headless(&self, folder: &Folder) -> Result<(), Error> {
        let Ok(entries) = std::fs::read_dir(folder.manifests()) else { return Ok(()) };
        let numbers = entries.filter_map(|entry| number_of(entry.ok()?.file_name().to_str()?)).max();
        if numbers.unwrap_or(0) <= self.newest().map_or(0, |newest| newest.number) {
            return Ok(());
        }
        Err(Error::Refused(format!(
            "{} is missing: it lists the backups in this folder, and nobody can say without it whether all of them are \
             there. Put it back from a copy of the folder, or begin anew in an empty one with holdfast backup run \
             --new-folder",
            folder.root.join("HEAD").display()
        )))
    }

    fn push(&mut self, mut manifest: Manifest, kept: Kept) -> Result<(), Error> {
        if manifest.number != kept.number || self.manifests.last().is_some_and(|last| last.number >= manifest.number) {
            return Err(Error::Refused("the manifest has another number than its place in HEAD".into()));
        }
        // One that was let go in between leaves nothing to compare with.
        if let (Some(last), Some(before)) = (self.manifests.last(), self.kept.last())
            && last.number + 1 == manifest.number
            && before.hash != manifest.previous
        {
            return Err(Error::Refused("the manifest does not follow the one before it".into()));
        }
        kept.stand_in(&mut manifest);
        self.manifests.push(manifest);
        self.kept.push(kept);
        Ok(())
    }

    /// A manifest newer than `HEAD` was written just before the process ended: it counts when it follows.
    fn adopt(&mut self, folder: &Folder, key: &Key, last: u64) -> Result<(), Error> {
        let Ok(entries) = std::fs::read_dir(folder.manifests()) else { return Ok(()) };
        for entry in entries {
            let path = entry?.path();
            let Some(file) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
            if number_of(&file) != Some(last + 1) {
                continue;
            }
            let bytes = std::fs::read(&path)?;
            let Ok(manifest) = Manifest::parse(&bytes, key) else { continue };
            if manifest.previous == self.head().unwrap_or_default() {
                let kept = Kept::whole(&manifest, file, hash_of(&bytes));
                self.push(manifest, kept)?;
            }
        }
        Ok(())
    }

    /// The hash of the newest manifest: what to print and keep elsewhere.
    pub fn head(&self) -> Option<&str> {
        self.kept.last().map(|kept| kept.hash.as_str())
    }

    pub fn newest(&self) -> Option<&Manifest> {
        self.manifests.last()
    }

    /// The copies of one place that are still there, the oldest first, each with its backup.
    pub fn copies_of(&self, place: WorkspaceId) -> impl DoubleEndedIterator<Item = (&Manifest, &Place)> {
        let id = place.to_string();
        self.manifests.iter().zip(&self.kept).filter_map(move |(manifest, kept)| {
            let copy = manifest.places.iter().find(|copy| copy.id == id)?;
            kept.places.contains(&id).then_some((manifest, copy))
        })
    }

    /// Every place with a copy.
    pub fn places(&self) -> Vec<WorkspaceId> {
        let ids = self.kept.iter().flat_map(|kept| &kept.places).filter_map(|id| id.parse().ok());
        ids.collect::<std::collections::BTreeSet<WorkspaceId>>().into_iter().collect()
    }

    /// How many copies there are of all places.
    pub fn copies(&self) -> usize {
        self.kept.iter().map(|kept| kept.places.len()).sum()
    }

    /// Adds a backup: its manifest, then `HEAD`, each on the disk before the next.
    pub fn add(&mut self, folder: &Folder, key: &Key, manifest: Manifest) -> Result<(), Error> {
        let bytes = manifest.sign(key)?;
        let file = format!("{}-{:06}.json", &manifest.started.rfc3339()[..10], manifest.number);
        replace(&folder.manifests().join(&file), &bytes, 0o600)?;
        let kept = Kept::whole(&manifest, file, hash_of(&bytes));
        self.push(manifest, kept)?;
        self.write_head(folder, key)
    }

    /// Has other copies stand in for those of one backup, and lists them: from here on they count.
    pub fn replace(
        &mut self,
        folder: &Folder,
        key: &Key,
        number: u64,
        through: BTreeMap<String, i64>,
        places: Vec<Place>,
    ) -> Result<(), Error> {
        for (manifest, kept) in self.manifests.iter_mut().zip(&mut self.kept).filter(|(one, _)| one.number == number) {
            let scrubbed = kept.scrubbed.get_or_insert_default();
            scrubbed.through.extend(through.clone());
            for place in &places {
                let before = manifest.places.iter().filter(|copy| copy.id == place.id);
                scrubbed.gone.extend(before.map(|copy| copy.object.clone()));
                scrubbed.places.retain(|copy| copy.id != place.id);
                scrubbed.places.push(place.clone());
                manifest.places.iter_mut().filter(|copy| copy.id == place.id).for_each(|copy| copy.clone_from(place));
            }
        }
        self.write_head(folder, key)
    }

    /// Says which backups there are. A newest one is always among them, so its number is that of the chain.
    pub fn write_head(&self, folder: &Folder, key: &Key) -> Result<(), Error> {
        let Some(newest) = self.newest() else { return Ok(()) };
        let head = Head { install: newest.install.clone(), number: newest.number, kept: self.kept.clone() };
        Ok(replace(&folder.root.join("HEAD"), &head.sign(key)?, 0o600)?)
    }

    /// Writes down outside the folder which backup is the newest.
    pub fn remember(&self, app: &App, origin: &Origin) -> Result<(), Error> {
        let (Some(newest), Some(hash)) = (self.newest(), self.head()) else { return Ok(()) };
        let seen = Remembered { number: newest.number, hash: hash.to_owned() };
        let fact = serde_json::to_string(&seen)?;
        app.control.write_unaudited(app.now(), origin, |tx| installation::set_fact(tx, HEAD_FACT, &fact))
    }

    /// Writes down outside the folder which backup comes next, before it is written there: any other that turns up is
    /// not ours.
    pub fn announce(&self, app: &App, origin: &Origin, next: &Manifest) -> Result<(), Error> {
        let next = hash_of(&next.sign(&app.control_keys.manifest)?);
        app.control.write_unaudited(app.now(), origin, |tx| installation::set_fact(tx, NEXT_FACT, &next))
    }

    /// The chain of this installation, held against what was written down elsewhere.
    ///
    /// Fails as [`Chain::read`] does; when the folder is behind: an older copy of it is mounted, or its end was cut off;
    /// and when it is ahead: somebody else writes backups there with our keys. Whoever holds no lock may read while a
    /// backup is written, so a refusal counts when nothing has moved meanwhile.
    pub fn of(app: &App, folder: &Folder) -> Result<Chain, Error> {
        let state = || {
            let facts = |db: &Db| Ok((installation::fact(db, HEAD_FACT)?, installation::fact(db, NEXT_FACT)?));
            Ok::<_, Error>((app.read(facts)?, read_if_there(&folder.root.join("HEAD")).ok().flatten()))
        };
        let mut before = state()?;
        loop {
            let read = Chain::read(folder, &app.control_keys.manifest)
                .and_then(|chain| chain.refuse_rolled_back(folder, before.0.clone()).map(|()| chain));
            if !matches!(read, Err(Error::Refused(_))) {
                return read;
            }
            let after = state()?;
            if after == before {
                return read;
            }
            before = after;
        }
    }

    fn refuse_rolled_back(&self, folder: &Folder, facts: (Option<String>, Option<String>)) -> Result<(), Error> {
        let (fact, next) = facts;
        let Some(seen) = fact.and_then(|fact| serde_json::from_str::<Remembered>(&fact).ok()) else { return Ok(()) };
        let number = self.newest().map_or(0, |newest| newest.number);
        let is_other = number == seen.number && self.head().unwrap_or_default() != seen.hash;
        if number < seen.number || is_other {
            return Err(Error::Refused(format!(
                "{}: backup {} was made, but the newest one here is {number}: this is an older copy of the folder, or \
                 its end was taken away; put the newest copy back, or begin anew with holdfast backup run --new-folder",
                folder.shown(),
                seen.number
            )));
        }
        if number > seen.number && self.head() != next.as_deref() {
            return Err(Error::Refused(format!(
                "{}: backup {number} was not made by this Holdfast, but by another with the same keys, such as a copy of \
                 this machine. Two must not share a folder: stop the other one, or give one of them a folder of its own \
                 as backup.folder; then go on here with holdfast backup run --new-folder",
                folder.shown()
            )));
        }
        Ok(())
    }

    /// When the newest verified copy of a place was made.
    pub fn last_verified(&self, place: WorkspaceId) -> Option<Timestamp> {
        self.copies_of(place).rev().find(|(_, copy)| copy.verified.is_some()).map(|(_, copy)| copy.at)
    }
}

/// `2026-11-21-000007.json` is number 7.
pub fn number_of(file: &str) -> Option<u64> {
    file.strip_suffix(".json")?.rsplit('-').next()?.parse().ok()
}
