//! Brings an unpacked base forward to a moment, segment by segment (keys-and-backups 3.8).

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::Serialize;

use super::head::{Head, LineHead};
use super::merged::OpenedMerged;
use super::names::{Name, listed};
use super::position::Position;
use super::segment::{Hash, Opened};
use super::{Point, Target, shown};
use crate::backup::{at, hex};
use crate::clock::Timestamp;
use crate::db::log::{FRAME, FRAME_HEADING, PAGE};
use crate::error::Error;
use crate::failpoint;

/// How far to go.
#[derive(Debug, Clone, Default)]
pub struct Goal {
    /// The last moment whose commits count; everything there is without it.
    pub until: Option<Timestamp>,
    /// It is known that segments may be missing at the end.
    pub accepts_stale: bool,
    /// A segment that a later backup names, so it must be there.
    pub known: u64,
    /// The last segment that counts; every one without it.
    pub upto: Option<u64>,
}

/// How far a file was brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reached {
    pub line: String,
    /// The last segment of which something was taken; that of the base when none was.
    pub number: u64,
    /// The newest commit that is in the file.
    pub moment: Timestamp,
    /// Commits that were added to the base.
    pub commits: u64,
    /// When the first commit was that is not in the file any more.
    pub next: Option<Timestamp>,
}

/// Applies what was committed after `point` to the base in `to`, up to the goal.
///
/// Fails with [`Error::Refused`], naming the object, when a segment is missing, damaged, out of order or another
/// line's or workspace's; with [`Error::Conflict`] when segments were merged meanwhile, so that it may be tried again
/// with the base as it was. `to` is worth nothing then.
pub fn apply(target: &Target, point: &Point, goal: &Goal, to: &Path) -> Result<Reached, Error> {
    let file = OpenOptions::new().write(true).open(to)?;
    let walked = walk(target, point, goal, Some(&file))?;
    if let Some(pages) = walked.pages {
        file.set_len(u64::from(pages) * PAGE as u64)?;
    }
    file.sync_all()?;
    Ok(walked.reached)
}

/// What lies between a base and a goal.
pub(super) struct Walked {
    pub(super) reached: Reached,
    /// How long the file is then, when something was applied.
    pages: Option<u32>,
    /// Objects that were opened, each to its proven end.
    pub(super) opened: u64,
}

/// Opens each object from `point` to the goal and sees that it follows the one before it. What counts is written to
/// `file`, or with none only read. Fails as [`apply`] does.
pub(super) fn walk(target: &Target, point: &Point, goal: &Goal, file: Option<&File>) -> Result<Walked, Error> {
    let head = head_of(target, point, goal)?;
    let there = listed(&target.segments())?;
    let merged = |names: Vec<Name>| names.into_iter().filter(|name| name.is_merged).collect::<Vec<_>>();
    match steps(target, point, goal, head.as_ref(), &there, file) {
        Err(Error::Refused(_)) if merged(listed(&target.segments())?) != merged(there) => {
            Err(Error::Conflict("old segments were merged while they were read; try again".into()))
        }
        walked => walked,
    }
}

fn steps(
    target: &Target,
    point: &Point,
    goal: &Goal,
    head: Option<&LineHead>,
    there: &[Name],
    file: Option<&File>,
) -> Result<Walked, Error> {
    let foreign = || Error::Refused("the manifest names no line of segments".into());
    let line = u64::from_str_radix(&point.line, 16).map_err(|_| foreign())?;
    let hash = data_encoding::HEXLOWER.decode(point.hash.as_bytes()).ok().and_then(|hash| Hash::try_from(hash).ok());
    let mut position = Position {
        number: point.number,
        hash: hash.ok_or_else(foreign)?,
        epoch: point.epoch,
        salts: [0; 8],
        frame: 0,
        is_sealed: true,
        moment: Timestamp(point.moment),
    };
    let reached =
        Reached { line: point.line.clone(), number: point.number, moment: position.moment, commits: 0, next: None };
    let mut walked = Walked { reached, pages: None, opened: 0 };
    if head.is_some_and(|head| head.first > point.number + 1) {
        // What was committed between this base and the next was let go: only the base itself is left.
        return Ok(walked);
    }
    let end = head.map_or(0, |head| head.number).max(goal.known);
    // A merged object comes after the segments that it stands for, and counts in place of them.
    let objects: BTreeMap<u64, Name> =
        there.iter().filter(|name| name.line == line).map(|name| (name.first, *name)).collect();
    while walked.reached.next.is_none() && goal.upto.is_none_or(|upto| position.number < upto) {
        let Some(name) = objects.get(&(position.number + 1)) else {
            refuse_missing(target, &objects, line, position.number + 1, end, goal)?;
            break;
        };
        let path = target.object(name);
        let step = if name.is_merged { step_merged } else { step };
        let moved =
            step(target, &path, line, &position, goal, file, &mut walked.reached).map_err(at(path.display()))?;
        walked.pages = moved.1.or(walked.pages);
        walked.opened += 1;
        position = moved.0;
        if position.number != name.last {
            return Err(Error::Refused(format!("{}: it is another segment under its name", path.display())));
        }
        if head.is_some_and(|head| head.number == position.number && head.hash != hex(&position.hash)) {
            return Err(Error::Refused(format!("{}: it is not the segment that was shipped", path.display())));
        }
    }
    Ok(walked)
}

/// The moment that a base can be brought forward to when `until` is wanted: that one as long as the line goes on.
pub fn reach(target: &Target, point: &Point, until: Timestamp, goes_on: bool) -> Result<Timestamp, Error> {
    let base = Timestamp(point.moment);
    let head = Head::read(&target.folder, target.place, &target.head_key)?;
    Ok(match head.as_ref().and_then(|head| head.line(&point.line)) {
        Some(line) if line.first > point.number + 1 => base,
        Some(_) if goes_on => before_merged(target, point, until)?.max(base),
        Some(line) => before_merged(target, point, until.min(Timestamp(line.moment)))?.max(base),
        None => base,
    })
}

/// Whether segments that are kept begin where a base stands: without it nothing could be done with them.
pub fn begins_at(target: &Target, point: &Point) -> Result<bool, Error> {
    let head = Head::read(&target.folder, target.place, &target.head_key)?;
    Ok(head.as_ref().and_then(|head| head.line(&point.line)).is_some_and(|line| line.first <= point.number + 1))
}

/// The moment itself, or the one before the merged object that it lies in.
fn before_merged(target: &Target, point: &Point, until: Timestamp) -> Result<Timestamp, Error> {
    let is_ours = |name: &Name| name.is_merged && format!("{:016x}", name.line) == point.line;
    let names: Vec<Name> = listed(&target.segments())?.into_iter().filter(is_ours).collect();
    let (mut low, mut high, mut since) = (0, names.len(), None);
    // The first of them that ends after the moment.
    while low < high {
        let middle = low.midpoint(high);
        let path = target.object(&names[middle]);
        let merged = OpenedMerged::open(&path, target).map_err(at(path.display()))?.merged;
        match merged.moment <= until {
            true => low = middle + 1,
            false => (high, since) = (middle, Some(merged.since)),
        }
    }
    Ok(since.filter(|since| *since <= until).map_or(until, |since| since.plus(-1)))
}

/// What is known of the line. None only when somebody said that this is known.
fn head_of(target: &Target, point: &Point, goal: &Goal) -> Result<Option<LineHead>, Error> {
    let missing = || {
        Error::Refused(format!(
            "{}: the list of segments is missing or does not name the line of the backup, so nobody can say whether the \
             last changes are there. When this is known, say so with --accept-stale",
            target.segments().display()
        ))
    };
    match Head::read(&target.folder, target.place, &target.head_key) {
        Err(Error::Refused(_)) | Ok(None) if goal.accepts_stale => Ok(None),
        Err(error) => Err(error),
        Ok(head) => match head.and_then(|head| head.line(&point.line).cloned()) {
            None if !goal.accepts_stale => Err(missing()),
            known => Ok(known),
        },
    }
}

/// A line may end where it was known to end, or later; never with a hole.
fn refuse_missing(
    target: &Target,
    objects: &BTreeMap<u64, Name>,
    line: u64,
    missing: u64,
    end: u64,
    goal: &Goal,
) -> Result<(), Error> {
    let path = target.segment(line, missing);
    if let Some(name) = objects.values().find(|name| (name.first..=name.last).contains(&missing)) {
        let path = target.object(name);
        return Err(Error::Refused(format!("{}: the backup ends amid the segments merged in it", path.display())));
    }
    if objects.range(missing..).next().is_some() {
        return Err(Error::Refused(format!("{}: this segment is missing, and later ones are there", path.display())));
    }
    if missing <= end && !goal.accepts_stale {
        return Err(Error::Refused(format!(
            "{}: this segment is missing: {end} were shipped, so the last changes were taken away. When this is known, say \
             so with --accept-stale",
            path.display()
        )));
    }
    Ok(())
}

/// Whether a test leaves the frames of this segment out, to see that somebody notices.
fn is_left_out(segment: u64) -> bool {
    failpoint::number("HOLDFAST_TEST_UNAPPLIED").is_some_and(|wanted| u64::try_from(wanted) == Ok(segment))
}

/// Applies one segment, or as much of it as counts. Gives where the line stands after it, and the file's pages when
/// something was applied.
fn step(
    target: &Target,
    path: &Path,
    line: u64,
    position: &Position,
    goal: &Goal,
    file: Option<&File>,
    reached: &mut Reached,
) -> Result<(Position, Option<u32>), Error> {
    let mut opened = Opened::open(path, target.place, &target.segment_key)?;
    let fault = position.fault_of(line, &opened.segment.beginning());
    if let Some(fault) = fault.or_else(|| opened.segment.fault()) {
        return Err(Error::Refused(fault));
    }
    let taken = opened.segment.commits.iter().take_while(|commit| goal.counts(commit.moment)).count();
    let last = taken.checked_sub(1).map(|index| opened.segment.commits[index]);
    let first = opened.segment.first;
    let mut frame = vec![0; FRAME];
    for _ in first..=last.map_or(first - 1, |commit| commit.frame) {
        let page = opened.frame(&mut frame)?;
        if let Some(file) = file.filter(|_| !is_left_out(position.number + 1)) {
            put(file, page, &frame[FRAME_HEADING..])?;
        }
    }
    let (segment, hash) = opened.finish()?;
    reached.next = segment.commits.get(taken).map(|commit| commit.moment);
    if let Some(commit) = last {
        (reached.number, reached.moment) = (segment.number, commit.moment);
        reached.commits += taken as u64;
    }
    Ok((segment.position(hash), last.map(|commit| commit.pages)))
}

/// The same for a merged object, which counts as a whole or not at all: only its end is a state that there was.
fn step_merged(
    target: &Target,
    path: &Path,
    line: u64,
    position: &Position,
    goal: &Goal,
    file: Option<&File>,
    reached: &mut Reached,
) -> Result<(Position, Option<u32>), Error> {
    let mut opened = OpenedMerged::open(path, target)?;
    if let Some(fault) = position.fault_of(line, &opened.merged.beginning()) {
        return Err(Error::Refused(fault));
    }
    let counts = goal.counts(opened.merged.moment);
    let mut page = vec![0; PAGE];
    while counts && let Some(number) = opened.page(&mut page)? {
        if let Some(file) = file {
            put(file, number, &page)?;
        }
    }
    let merged = opened.finish()?;
    let is_taken = counts && merged.commits > 0;
    if is_taken {
        (reached.number, reached.moment) = (merged.last, merged.moment);
        reached.commits += merged.commits;
    }
    reached.next = (!counts).then_some(merged.since);
    Ok((merged.position(), is_taken.then_some(merged.pages)))
}

fn put(file: &File, number: u32, page: &[u8]) -> Result<(), Error> {
    Ok(file.write_all_at(page, u64::from(number - 1) * PAGE as u64)?)
}

impl Goal {
    fn counts(&self, moment: Timestamp) -> bool {
        self.until.is_none_or(|until| moment <= until)
    }
}

impl Reached {
    /// In the words of a report.
    pub fn words(&self) -> String {
        let next = self.next.map_or_else(String::new, |next| format!("; the next change was at {}", shown(next.0)));
        format!("its newest change is of {}, segment {}{next}", shown(self.moment.0), self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beyond_four_gibibytes_goes_to_its_place() {
        let file = tempfile::tempfile().unwrap();
        for number in [1, 262_146, 1_048_578] {
            put(&file, number, &[7; PAGE]).unwrap();
            let mut page = vec![0; PAGE];
            file.read_exact_at(&mut page, u64::from(number - 1) * 4_096).unwrap();
            assert!(page == [7; PAGE], "page {number}");
        }
        assert_eq!(file.metadata().unwrap().len(), 1_048_578 * 4_096);
    }
}
