//! Merges old segments: those of an hour become one object that keeps the newest version of each page
//! (keys-and-backups 3.10).
//!
//! The object is written under another name, read again and compared page by page with what the segments give. Only
//! then it takes its name, and only after that the segments go: a crash leaves the segments, or both, never neither.
//! Where both are there the merged object counts, and the next run lets the segments go.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::merged::{Merged, OpenedMerged};
use super::names::{Name, listed};
use super::segment::{Hash, Opened, Segment};
use super::{Point, Target};
use crate::app::App;
use crate::backup::chain::Chain;
use crate::backup::folder::Folder;
use crate::backup::run::{self, living};
use crate::backup::{STOPPED, Watch, at};
use crate::clock::Timestamp;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::file::sync_folder_of;
use crate::crypto::object::Header;
use crate::db::log::{FRAME, FRAME_HEADING, PAGE};
use crate::error::Error;
use crate::failpoint;
use crate::id::WorkspaceId;

/// Segments of the last hours stay as they are: every commit in them can be told apart.
pub const RAW_HOURS: i64 = 48;
/// Pages after which an object is closed and another begun within the hour, 64 MiB.
const MOST_PAGES: usize = 16 * 1024;
/// What a merged object ends with while it is no object yet.
const BEGUN: &str = "merging";

/// What a run did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Merging {
    pub segments: u64,
    pub objects: u64,
    /// Bytes of the segments that went, and of the objects that stand for them.
    pub bytes_before: u64,
    pub bytes_after: u64,
}

/// Merges what is old enough, of every place in service. Needs none of the files, and takes nothing that is still
/// shipped to: the end of every line stays as it is.
///
/// Fails with [`Error::Conflict`] while a backup is under way, and with [`Error::Refused`], naming the object, when a
/// segment is damaged; the other places are merged all the same.
pub fn merge(app: &App, watch: &mut Watch) -> Result<Merging, Error> {
    let mut done = Merging::default();
    let folder = Folder::of(app)?;
    if !folder.root.is_dir() {
        return Ok(done);
    }
    let _lock = folder.lock()?;
    // A run that was cut short goes on first: where its bases stand is in no manifest yet.
    if run::is_begun(&folder, &app.control_keys.manifest, app.now())? {
        return Ok(done);
    }
    let chain = Chain::of(app, &folder)?;
    let before = app.now().plus(-RAW_HOURS * Timestamp::HOUR);
    let (places, mut trouble) = (living(app)?, None);
    for (index, (id, name)) in places.iter().enumerate() {
        watch.step(&format!("merging old segments of {name}"), index, places.len())?;
        let target_of = |keys: &WorkspaceKeys| Target::new(&folder.root, keys, &app.control_keys.manifest);
        let target = match *id {
            WorkspaceId::CONTROL => target_of(&app.control_keys.workspace),
            id => target_of(&app.keys.workspace(id)?),
        };
        let bases: Vec<Point> = chain.copies_of(*id).filter_map(|(_, copy)| copy.segments.clone()).collect();
        match merge_in(&target, &bases, before, watch) {
            Ok(of_place) => done.add(of_place),
            Err(Error::Refused(words)) => trouble = trouble.or(Some(words)),
            Err(error) => return Err(error),
        }
    }
    trouble.map_or(Ok(done), |words| Err(Error::Refused(words)))
}

/// Merges the segments of one place whose hour was over at `before`. `bases` are all that may be restored from: none
/// of them ends within an object.
pub fn merge_in(target: &Target, bases: &[Point], before: Timestamp, watch: &mut Watch) -> Result<Merging, Error> {
    let folder = target.segments();
    remove_begun(&folder)?;
    let mut done = Merging::default();
    for names in listed(&folder)?.chunk_by(|one, next| one.line == next.line) {
        let line = format!("{:016x}", names[0].line);
        let ends = bases.iter().filter(|base| base.line == line).map(|base| base.number).collect();
        done.add(merge_line(target, names, &ends, before, watch)?);
    }
    Ok(done)
}

/// What a run left that was cut short before its object had a name.
fn remove_begun(folder: &Path) -> Result<(), Error> {
    let entries = match std::fs::read_dir(folder) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == BEGUN) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn merge_line(
    target: &Target,
    names: &[Name],
    ends: &BTreeSet<u64>,
    before: Timestamp,
    watch: &mut Watch,
) -> Result<Merging, Error> {
    // A line from before the key was exchanged stays as it is until it goes.
    let path = target.object(&names[0]);
    if Header::read(&mut File::open(&path)?).map_err(Error::from).map_err(at(path.display()))?.key_version
        != target.key_version
    {
        return Ok(Merging::default());
    }
    let raw = let_go_of_merged(target, names)?;
    let newest = names.iter().map(|name| name.last).max();
    let (mut done, mut group) = (Merging::default(), Group::default());
    // The next segment follows the newest one, which therefore stays.
    for name in raw.iter().filter(|name| Some(name.last) != newest) {
        if (watch.is_stopping)() {
            return Err(Error::Unavailable(STOPPED.into()));
        }
        let path = target.object(name);
        let opened = Opened::open(&path, target.place, &target.segment_key).map_err(at(path.display()))?;
        if (hour_of(&opened.segment) + 1) * Timestamp::HOUR > before.0 {
            break;
        }
        if !group.takes(&opened.segment, ends) {
            done.add(std::mem::take(&mut group).put_away(target)?);
        }
        group.add(name, opened).map_err(at(path.display()))?;
    }
    done.add(group.put_away(target)?);
    Ok(done)
}

/// Deletes segments that a merged object stands for, after it was read through; gives those that stay.
fn let_go_of_merged(target: &Target, names: &[Name]) -> Result<Vec<Name>, Error> {
    let (merged, mut raw): (Vec<Name>, Vec<Name>) = names.iter().partition(|name| name.is_merged);
    for whole in merged {
        let is_in = |name: &Name| (whole.first..=whole.last).contains(&name.first);
        if raw.iter().any(is_in) {
            let path = target.object(&whole);
            OpenedMerged::open(&path, target).and_then(OpenedMerged::finish).map_err(at(path.display()))?;
            remove(target, raw.iter().filter(|name| is_in(name)))?;
            raw.retain(|name| !is_in(name));
        }
    }
    Ok(raw)
}

fn remove<'a>(target: &Target, names: impl Iterator<Item = &'a Name>) -> Result<(), Error> {
    let mut last = None;
    for name in names {
        let path = target.object(name);
        std::fs::remove_file(&path)?;
        failpoint::reach("merge.deleting");
        last = Some(path);
    }
    Ok(last.map_or(Ok(()), |path| sync_folder_of(&path))?)
}

/// Hours since 1970, of the newest commit in a segment.
fn hour_of(segment: &Segment) -> i64 {
    segment.moment.0.div_euclid(Timestamp::HOUR)
}

/// Of a page and its number.
type Print = [u8; 16];

fn print(number: u32, page: &[u8]) -> Print {
    let hash = Sha256::new().chain_update(number.to_be_bytes()).chain_update(page).finalize();
    std::array::from_fn(|at| hash[at])
}

/// Where the newest version of a page lies: the how manieth segment of the group, the how manieth frame of it.
struct Newest {
    segment: usize,
    frame: u32,
    print: Print,
}

/// Segments in a row that become one object.
#[derive(Default)]
struct Group {
    members: Vec<(Name, Hash)>,
    newest: HashMap<u32, Newest>,
    merged: Option<Merged>,
    bytes: u64,
}

impl Group {
    fn takes(&self, next: &Segment, ends: &BTreeSet<u64>) -> bool {
        self.merged.as_ref().is_none_or(|merged| {
            merged.last + 1 == next.number
                && merged.moment.0.div_euclid(Timestamp::HOUR) == hour_of(next)
                && !ends.contains(&merged.last)
                && self.newest.len() < MOST_PAGES
        })
    }

    /// Reads a segment to its proven end and takes note of its pages.
    fn add(&mut self, name: &Name, mut opened: Opened) -> Result<(), Error> {
        let (begins, index) = (opened.segment.beginning(), self.members.len());
        let fault = match &self.merged {
            Some(merged) => merged.position().fault_of(name.line, &begins),
            None if (begins.line, begins.number) != (name.line, name.first) => {
                Some("it is another segment under its name".into())
            }
            None => None,
        };
        if let Some(fault) = fault.or_else(|| opened.segment.fault()) {
            return Err(Error::Refused(fault));
        }
        let mut frame = vec![0; FRAME];
        for counted in 0..opened.segment.frames() {
            let page = opened.frame(&mut frame)?;
            let print = print(page, &frame[FRAME_HEADING..]);
            self.newest.insert(page, Newest { segment: index, frame: counted, print });
        }
        let (segment, hash, bytes) = opened.finish_counted()?;
        self.members.push((*name, hash));
        self.bytes += bytes;
        let merged = self.merged.get_or_insert(Merged {
            line: segment.line,
            first: segment.number,
            last: segment.number,
            epoch: segment.epoch,
            salts: segment.salts,
            frame: segment.first,
            previous: segment.previous,
            last_epoch: segment.epoch,
            last_salts: segment.salts,
            last_frame: segment.last,
            is_sealed: segment.is_sealed,
            hash,
            since: segment.moment,
            moment: segment.moment,
            commits: 0,
            pages: 0,
            held: 0,
        });
        if let Some(first) = segment.commits.first().filter(|_| merged.commits == 0) {
            merged.since = first.moment;
        }
        (merged.last, merged.hash, merged.moment) = (segment.number, hash, segment.moment);
        (merged.last_epoch, merged.last_salts) = (segment.epoch, segment.salts);
        (merged.last_frame, merged.is_sealed) = (segment.last, segment.is_sealed);
        merged.commits += segment.commits.len() as u64;
        merged.pages = segment.commits.last().map_or(merged.pages, |commit| commit.pages);
        Ok(())
    }

    /// Puts one object in the place of the segments. A single one stays as it is.
    fn put_away(self, target: &Target) -> Result<Merging, Error> {
        let Some(mut merged) = self.merged.clone().filter(|_| self.members.len() > 1) else {
            return Ok(Merging::default());
        };
        merged.held =
            u32::try_from(self.newest.len()).map_err(|_| Error::internal("more pages than a file can have"))?;
        let path = target.object(&merged.name());
        let begun = path.with_extension(BEGUN);
        let written = merged
            .write(target, &begun, |out| self.copy(target, out))
            .and_then(|()| self.compare(target, &begun, &merged).map_err(at(begun.display())));
        if let Err(error) = written {
            let _ = std::fs::remove_file(&begun);
            return Err(error);
        }
        let bytes_after = std::fs::metadata(&begun)?.len();
        failpoint::reach("merge.written");
        std::fs::rename(&begun, &path)?;
        sync_folder_of(&path)?;
        failpoint::reach("merge.named");
        remove(target, self.members.iter().map(|(name, _)| name))?;
        Ok(Merging { segments: self.members.len() as u64, objects: 1, bytes_before: self.bytes, bytes_after })
    }

    /// Hands the newest version of each page on, each after its number.
    fn copy(&self, target: &Target, out: &mut dyn std::io::Write) -> Result<(), Error> {
        let mut frame = vec![0; FRAME];
        for (index, (name, hash)) in self.members.iter().enumerate() {
            let path = target.object(name);
            let mut copied = || {
                let mut opened = Opened::open(&path, target.place, &target.segment_key)?;
                for counted in 0..opened.segment.frames() {
                    let page = opened.frame(&mut frame)?;
                    let is_newest = |newest: &&Newest| (newest.segment, newest.frame) == (index, counted);
                    if self.newest.get(&page).filter(is_newest).is_some() {
                        let written =
                            out.write_all(&page.to_be_bytes()).and_then(|()| out.write_all(&frame[FRAME_HEADING..]));
                        written.map_err(|source| target.folder.refused(&source))?;
                    }
                }
                match opened.finish()?.1 == *hash {
                    true => Ok(()),
                    false => Err(Error::Refused("it changed while it was merged".into())),
                }
            };
            copied().map_err(at(path.display()))?;
        }
        Ok(())
    }

    /// Reads the object as it lies on the disk: each page must be the one that the segments ended with, once.
    fn compare(&self, target: &Target, begun: &Path, merged: &Merged) -> Result<(), Error> {
        let differs = || Error::Refused("it did not read back as it was written; the segments stay".into());
        let mut stored = OpenedMerged::open(begun, target)?;
        let (mut page, mut seen) = (vec![0; PAGE], HashSet::new());
        while let Some(number) = stored.page(&mut page)? {
            let is_right = self.newest.get(&number).is_some_and(|newest| newest.print == print(number, &page));
            if !is_right || !seen.insert(number) {
                return Err(differs());
            }
        }
        if stored.finish()? != *merged || seen.len() != self.newest.len() {
            return Err(differs());
        }
        Ok(())
    }
}

impl Merging {
    fn add(&mut self, other: Merging) {
        self.segments += other.segments;
        self.objects += other.objects;
        self.bytes_before += other.bytes_before;
        self.bytes_after += other.bytes_after;
    }
}
