//! Whether a file still follows what was shipped of it, decided when it is opened (keys-and-backups 3.7).
//!
//! | last segment | log | verdict |
//! |---|---|---|
//! | any | the same salts, its frame has the same checksum | goes on after it |
//! | any | the same salts, its frame is missing or another | the file lost commits: doubt |
//! | sealed | empty or begun anew, and the mark names this segment | the log begins anew |
//! | sealed | empty or begun anew, and the mark names another | the file was put back from elsewhere: doubt |
//! | open | empty or begun anew | somebody else folded it in: doubt |
//! | unreadable | any | doubt |

use std::path::Path;
use std::time::UNIX_EPOCH;

use super::Target;
use super::head::Head;
use super::mark::Mark;
use super::names::listed;
use super::segment::Opened;
use super::tip::Tip;
use crate::clock::{Clock, Timestamp};
use crate::db::Wal;
use crate::db::log::Log;
use crate::error::Error;

/// What was found.
pub(super) enum Verdict {
    Follows(Box<Tip>),
    /// In words for the log of the program.
    Doubt(String),
}

/// Fails when the folder is not there; it is looked at again then.
pub(super) fn resume(target: &Target, wal: &Wal, mark: Mark) -> Result<Verdict, Error> {
    let doubt = |words: String| Ok(Verdict::Doubt(words));
    target.folder.refuse_gone()?;
    let name = format!("{:016x}", mark.line);
    let head = match Head::read(&target.folder, target.place, &target.head_key) {
        Ok(head) => head,
        Err(Error::Refused(words)) => return doubt(words),
        Err(error) => return Err(error),
    };
    let Some(head) = head else { return doubt("the list of segments is gone".into()) };
    if head.key_version != target.key_version {
        return doubt("the file has another key now".into());
    }
    let Some(known) = head.line(&name).filter(|_| head.lines.last().is_some_and(|last| last.line == name)) else {
        return doubt("the file is on a line that is not the newest one".into());
    };
    let folder = target.segments();
    remove_begun(&folder).map_err(|source| target.folder.refused(&source))?;
    let there = listed(&folder).map_err(|source| target.folder.refused(&source))?;
    // The end of a line is never merged.
    let shipped = there.iter().filter(|name| name.line == mark.line && !name.is_merged);
    let number = shipped.map(|name| name.last).max().unwrap_or(0);
    if number < known.number {
        return doubt(format!("segment {} is missing; the last one there is {number}", known.number));
    }
    let tip = match number {
        0 => Tip {
            line: mark.line,
            number,
            epoch: 0,
            salts: [0; 8],
            frame: 0,
            sums: (0, 0),
            is_sealed: true,
            hash: [0; 32],
            moment: Timestamp(known.moment),
        },
        _ => match read(target, mark.line, number) {
            Ok(tip) => tip,
            Err(Error::Refused(words)) => return doubt(words),
            Err(error) => return Err(error),
        },
    };
    compare(wal, mark, tip)
}

/// The end of a line, from its last segment.
fn read(target: &Target, line: u64, number: u64) -> Result<Tip, Error> {
    let path = target.segment(line, number);
    let opened = Opened::open(&path, target.place, &target.segment_key).and_then(Opened::finish);
    let (segment, hash) = opened.map_err(crate::backup::at(path.display()))?;
    if (segment.line, segment.number) != (line, number) {
        return Err(Error::Refused(format!("{}: it is another segment under its name", path.display())));
    }
    Ok(Tip {
        line,
        number,
        epoch: segment.epoch,
        salts: segment.salts,
        frame: segment.last,
        sums: segment.sums,
        is_sealed: segment.is_sealed,
        hash,
        moment: segment.moment,
    })
}

fn compare(wal: &Wal, mark: Mark, tip: Tip) -> Result<Verdict, Error> {
    let doubt = |words: &str| Ok(Verdict::Doubt(words.into()));
    let log = Log::open(wal.path())?;
    if let Some(log) = log.filter(|log| log.salts == tip.salts) {
        let found = log.committed(0, log.sums, tip.frame)?;
        return match (found.last, found.sums) == (tip.frame, tip.sums) {
            true => Ok(Verdict::Follows(Box::new(tip))),
            false => doubt("the file lost commits that were shipped already"),
        };
    }
    if !tip.is_sealed {
        return doubt("the log was folded in by somebody else before all of it was shipped");
    }
    if mark.number != tip.number {
        return doubt("the file is older than what was shipped: it was put back from elsewhere");
    }
    Ok(Verdict::Follows(Box::new(tip)))
}

/// What a crash left unfinished.
fn remove_begun(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "next") {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// When the log was written last, for commits whose moment nobody heard. Never later than now.
pub(super) fn written(path: &Path) -> Timestamp {
    let changed = std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let since = changed.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let now = Clock.now();
    since.map_or(now, |since| Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).min(now))
}
