//! Brings an unpacked base forward to a moment, segment by segment (keys-and-backups 3.8).

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::Serialize;

use super::head::{Head, LineHead};
use super::segment::{Hash, Opened, Segment};
use super::{Point, Target, listed, shown};
use crate::backup::{at, hex};
use crate::clock::Timestamp;
use crate::db::log::{FRAME, FRAME_HEADING, PAGE, number};
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

/// Where on a line the file stands.
struct Position {
    number: u64,
    hash: Hash,
    epoch: u64,
    salts: [u8; 8],
    frame: u32,
    is_sealed: bool,
    moment: Timestamp,
}

impl Position {
    /// Why a segment does not follow; `None` when it does.
    fn fault_of(&self, line: u64, segment: &Segment) -> Option<String> {
        if (segment.line, segment.number) != (line, self.number + 1) {
            return Some("it is another segment under its name".into());
        }
        if segment.previous != self.hash {
            return Some("it does not follow the segment before it".into());
        }
        let goes_on = segment.epoch == self.epoch && segment.salts == self.salts && segment.first == self.frame + 1;
        let begins_anew = segment.epoch == self.epoch + 1 && self.is_sealed && segment.first == 1;
        let is_later = segment.commits.first().is_none_or(|commit| commit.moment >= self.moment)
            && segment.commits.is_sorted_by_key(|commit| commit.moment);
        (!(goes_on || begins_anew) || !is_later).then(|| "its frames do not follow those of the one before it".into())
    }
}

/// Applies what was committed after `point` to the base in `to`, up to the goal.
///
/// Fails with [`Error::Refused`], naming the object, when a segment is missing, damaged, out of order or another
/// line's or workspace's; `to` is worth nothing then.
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
    /// Segments that were opened, each to its proven end.
    pub(super) opened: u64,
}

/// Opens each segment from `point` to the goal and sees that it follows the one before it. What counts is written to
/// `file`, or with none only read.
pub(super) fn walk(target: &Target, point: &Point, goal: &Goal, file: Option<&File>) -> Result<Walked, Error> {
    let folder = target.segments();
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
    let head = head_of(target, point, goal)?;
    if head.as_ref().is_some_and(|head| head.first > point.number + 1) {
        // What was committed between this base and the next was let go: only the base itself is left.
        return Ok(walked);
    }
    let end = head.as_ref().map_or(0, |head| head.number).max(goal.known);
    while walked.reached.next.is_none() && goal.upto.is_none_or(|upto| position.number < upto) {
        let path = target.segment(line, position.number + 1);
        if !path.exists() {
            refuse_missing(&path, &folder, line, position.number + 1, end, goal)?;
            break;
        }
        let moved =
            step(target, &path, line, &position, goal, file, &mut walked.reached).map_err(at(path.display()))?;
        walked.pages = moved.1.or(walked.pages);
        walked.opened += 1;
        position = moved.0;
        if head.as_ref().is_some_and(|head| head.number == position.number && head.hash != hex(&position.hash)) {
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
        Some(_) if goes_on => until.max(base),
        Some(line) => until.min(Timestamp(line.moment)).max(base),
        None => base,
    })
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
fn refuse_missing(path: &Path, folder: &Path, line: u64, missing: u64, end: u64, goal: &Goal) -> Result<(), Error> {
    if listed(folder)?.iter().any(|(one, number)| *one == line && *number > missing) {
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
    if let Some(fault) = position.fault_of(line, &opened.segment) {
        return Err(Error::Refused(fault));
    }
    let counts = |moment: Timestamp| goal.until.is_none_or(|until| moment <= until);
    let taken = opened.segment.commits.iter().take_while(|commit| counts(commit.moment)).count();
    let last = taken.checked_sub(1).map(|index| opened.segment.commits[index]);
    let (first, salts) = (opened.segment.first, opened.segment.salts);
    let mut frame = vec![0; FRAME];
    for _ in first..=last.map_or(first - 1, |commit| commit.frame) {
        opened.frame(&mut frame)?;
        let page = number(&frame, 0);
        if frame[8..16] != salts || page == 0 {
            return Err(Error::Refused("a frame in it belongs to another log".into()));
        }
        if let Some(file) = file.filter(|_| !is_left_out(position.number + 1)) {
            file.write_all_at(&frame[FRAME_HEADING..], u64::from(page - 1) * PAGE as u64)?;
        }
    }
    let (segment, hash) = opened.finish()?;
    reached.next = segment.commits.get(taken).map(|commit| commit.moment);
    if let Some(commit) = last {
        (reached.number, reached.moment) = (segment.number, commit.moment);
        reached.commits += taken as u64;
    }
    let position = Position {
        number: segment.number,
        hash,
        epoch: segment.epoch,
        salts,
        frame: segment.last,
        is_sealed: segment.is_sealed,
        moment: segment.moment,
    };
    Ok((position, last.map(|commit| commit.pages)))
}

impl Reached {
    /// In the words of a report.
    pub fn words(&self) -> String {
        let next = self.next.map_or_else(String::new, |next| format!("; the next change was at {}", shown(next.0)));
        format!("its newest change is of {}, segment {}{next}", shown(self.moment.0), self.number)
    }
}
