//! Ships the log of one open file: what is committed goes into a segment, and nothing is folded in before all of it did.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::fallback::{Failing, Wanted};
use super::head::{Head, LineHead};
use super::mark::Mark;
use super::resume::{self, Verdict};
use super::segment::{Commit, Segment};
use super::tip::{Fault, Tip};
use super::{Point, Target};
use crate::backup::{hex, words};
use crate::clock::{Clock, Stopwatch, Timestamp};
use crate::crypto::random;
use crate::db::Wal;
use crate::db::log::Log;
use crate::error::Error;
use crate::failpoint;
use crate::id::WorkspaceId;

/// The head is written after each seal, and otherwise no more often than this.
const HEAD_EVERY: std::time::Duration = std::time::Duration::from_secs(10);

enum State {
    /// On no line: the log is folded in freely, and the next base begins a line.
    Off,
    /// The mark names a line that was not looked at yet, or whose folder is not there.
    Waiting(Mark),
    On(Box<Tip>),
}

/// What ships the log of one file while it is open.
pub struct Shipping {
    target: Target,
    wal: Arc<Wal>,
    state: Mutex<State>,
    head_written: Mutex<Option<Stopwatch>>,
    trouble: Mutex<Option<String>>,
    failing: Failing,
    /// Why it is on no line, when it was on one or should be.
    reason: Mutex<Option<String>>,
    wanted: Wanted,
    /// Lines that have ended in doubt, of all files.
    ended: Arc<AtomicU64>,
}

impl Shipping {
    /// Takes up the line that the mark beside the file names. Nothing may have been written to the file since it was
    /// opened.
    pub(super) fn attach(target: Target, wal: &Arc<Wal>, ended: &Arc<AtomicU64>) -> Shipping {
        let state = match Mark::read(wal.mark()) {
            Ok(None) => State::Off,
            Ok(Some(mark)) => State::Waiting(mark),
            // Nothing can be said of it, so nothing may be folded before it can.
            Err(_) => State::Waiting(Mark { line: 0, number: 0 }),
        };
        let is_off = matches!(state, State::Off);
        if !is_off {
            // What an earlier process left: on the disk before it is shipped, as every commit is.
            if let Ok(Some(log)) = Log::open(wal.path())
                && log.sync().is_ok()
                && let Ok(left) = log.committed(0, log.sums, u32::MAX)
            {
                wal.found(left.last);
            }
            wal.listen(true);
        }
        Shipping {
            target,
            wal: wal.clone(),
            state: Mutex::new(state),
            head_written: Mutex::default(),
            trouble: Mutex::default(),
            failing: Failing::default(),
            reason: Mutex::default(),
            wanted: Wanted::new(is_off),
            ended: ended.clone(),
        }
    }

    pub fn place(&self) -> WorkspaceId {
        self.target.place
    }

    pub fn is_on(&self) -> bool {
        matches!(*self.lock(), State::On(_))
    }

    /// It is on no line, and holds something that no verified base does.
    pub fn wants_base(&self) -> bool {
        self.wanted.stands(self.wal.generation())
    }

    /// What kept the last try from its end.
    pub fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    /// Why the file is on no line, when something is wrong; `None` while it is on one or waits for its first base.
    pub fn reason(&self) -> Option<String> {
        lock(&self.reason).clone()
    }

    /// When the oldest commit was that is in no segment.
    pub fn behind_since(&self) -> Option<Timestamp> {
        self.wal.oldest_heard()
    }

    /// Puts what is committed into a segment; says whether there was something. Fails as the folder does; then it is
    /// tried again later.
    pub fn ship(&self) -> Result<bool, Error> {
        let mut state = self.lock();
        let before = number_of(&state);
        let shipped = self.advance(&mut state, self.wal.committed(), false);
        self.settle(&mut state, shipped)?;
        Ok(number_of(&state) != before)
    }

    /// Ships all that the log holds and says where the line stands then: its name and its last segment. `None` on no
    /// line. Call it while nobody writes: that is where the file itself stands.
    pub fn stand(&self) -> Result<Option<(String, u64)>, Error> {
        let mut state = self.lock();
        let shipped = self.advance(&mut state, u32::MAX, false);
        self.settle(&mut state, shipped)?;
        Ok(match &*state {
            State::On(tip) => Some((format!("{:016x}", tip.line), tip.number)),
            _ => None,
        })
    }

    /// Ends the line, since what it says cannot be trusted; the next base begins another.
    pub fn end_line(&self, words: &str) -> Result<(), Error> {
        let mut state = self.lock();
        self.settle(&mut state, Err(Fault::Doubt(words.into())))
    }

    /// Works on the folder of the segments while nothing is shipped into it.
    pub(super) fn with_target<T>(&self, work: impl FnOnce(&Target) -> T) -> T {
        let _state = self.lock();
        work(&self.target)
    }

    /// Where the backups of this place lie.
    pub(super) fn data_folder(&self) -> PathBuf {
        self.target.folder.data(self.target.place)
    }

    /// Name of the line that the file is on.
    pub fn line(&self) -> Option<String> {
        match &*self.lock() {
            State::On(tip) => Some(format!("{:016x}", tip.line)),
            _ => None,
        }
    }

    /// The base that was begun last is verified and in a manifest, with where it stands on a line.
    pub fn has_base(&self, point: Option<&Point>) {
        let has_line = point.is_some_and(|point| self.line().as_ref() == Some(&point.line));
        self.wanted.base_is_verified(has_line);
    }

    /// The log is about to be folded in, and nobody writes: all of it goes into segments, the last of which says so.
    pub(super) fn before_fold(&self) -> Result<(), Error> {
        if failpoint::skips("segments.seal") {
            return Ok(());
        }
        let mut state = self.lock();
        let sealed = self.advance(&mut state, u32::MAX, true).and_then(|()| {
            if let State::On(tip) = &*state {
                failpoint::reach("segments.sealed");
                Mark { line: tip.line, number: tip.number }.write(self.wal.mark())?;
            }
            Ok(())
        });
        let settled = self.settle(&mut state, sealed);
        failpoint::reach("segments.marked");
        settled
    }

    /// Where a base stands whose file holds everything up to now; begins a line when there is none. Call it when the
    /// log was just folded in, while nobody writes.
    ///
    /// Fails when no line can be begun; a base without one holds what there is all the same.
    pub fn base_begins(&self) -> Result<Point, Error> {
        let mut state = self.lock();
        self.wanted.base_begins(self.wal.generation());
        if let State::Waiting(_) = &*state {
            return Err(self.target.folder.refuse_gone().err().unwrap_or_else(|| Error::internal("a line in waiting")));
        }
        if let State::Off = &*state {
            let begun = self.begin();
            *lock(&self.reason) = begun.as_ref().err().map(words);
            *state = State::On(Box::new(begun?));
            self.wal.listen(true);
        }
        let State::On(tip) = &*state else { return Err(Error::internal("no line after one was begun")) };
        Ok(Point {
            line: format!("{:016x}", tip.line),
            number: tip.number,
            epoch: tip.epoch,
            hash: hex(&tip.hash),
            moment: tip.moment.0,
        })
    }

    fn begin(&self) -> Result<Tip, Error> {
        let target = &self.target;
        std::fs::create_dir_all(target.segments()).map_err(|source| target.folder.refused(&source))?;
        let line = u64::from_be_bytes(random());
        let tip = Tip {
            line,
            number: 0,
            epoch: 0,
            salts: [0; 8],
            frame: 0,
            sums: (0, 0),
            is_sealed: true,
            hash: [0; 32],
            moment: Clock.now(),
        };
        self.write_head(&tip, true)?;
        Mark { line, number: 0 }.write(self.wal.mark())?;
        tracing::info!(place = %target.place, line = format!("{line:016x}"), "the log is shipped from here on");
        Ok(tip)
    }

    fn advance(&self, state: &mut State, upto: u32, seals: bool) -> Result<(), Fault> {
        if let State::Waiting(mark) = state {
            match resume::resume(&self.target, &self.wal, *mark)? {
                Verdict::Follows(tip) => *state = State::On(tip),
                Verdict::Doubt(words) => return Err(Fault::Doubt(words)),
            }
        }
        match state {
            State::On(tip) => self.ship_from(tip, upto, seals),
            _ => Ok(()),
        }
    }

    /// The next segment of a line, when there is something for it.
    fn ship_from(&self, tip: &mut Tip, upto: u32, seals: bool) -> Result<(), Fault> {
        if upto == 0 || (!seals && !tip.is_sealed && upto <= tip.frame) {
            return Ok(());
        }
        let failed = |source: std::io::Error| Fault::Error(source.into());
        let log = match Log::open(self.wal.path()).map_err(failed)? {
            Some(log) => log,
            None if tip.is_sealed => return Ok(()),
            None => return Err(Fault::Doubt(FOLDED_ELSEWHERE.into())),
        };
        let (epoch, from, sums) = match (log.salts == tip.salts, tip.is_sealed) {
            (true, _) => (tip.epoch, tip.frame, tip.sums),
            (false, true) => (tip.epoch + 1, 0, log.sums),
            (false, false) => return Err(Fault::Doubt(FOLDED_ELSEWHERE.into())),
        };
        let found = log.committed(from, sums, upto).map_err(failed)?;
        if found.last == from && (tip.is_sealed || !seals) {
            return Ok(());
        }
        self.target.folder.refuse_gone()?;
        if tip.number > 0 && !self.target.segment(tip.line, tip.number).exists() || !self.target.segments().exists() {
            return Err(Fault::Doubt("what was shipped last is gone from the folder".into()));
        }
        let commits = self.commits(&found.commits, found.last, tip.moment);
        let segment = Segment {
            line: tip.line,
            number: tip.number + 1,
            epoch,
            salts: log.salts,
            first: from + 1,
            last: found.last,
            is_sealed: seals,
            sums: found.sums,
            previous: tip.hash,
            moment: commits.last().map_or(tip.moment, |commit| commit.moment),
            commits,
        };
        let written = segment.write(&self.target, |mut out| log.copy(segment.first, segment.last, &mut out));
        tip.hash = written.map_err(|source| Fault::Error(self.target.folder.refused(&source)))?;
        self.wal.forget_heard(found.last);
        tip.moment = segment.moment;
        (tip.number, tip.epoch, tip.salts) = (segment.number, epoch, log.salts);
        (tip.frame, tip.sums, tip.is_sealed) = (found.last, found.sums, seals);
        if seals || self.is_head_old() {
            self.write_head(tip, false)?;
        }
        Ok(())
    }

    /// When each commit was: as it was heard; of one that nobody heard, when the next one was or the log was written.
    fn commits(&self, found: &[(u32, u32)], last: u32, before: Timestamp) -> Vec<Commit> {
        let mut heard = self.wal.heard(last).into_iter().peekable();
        let written = resume::written(self.wal.path());
        let mut moment = before;
        found
            .iter()
            .map(|&(frame, pages)| {
                while heard.next_if(|one| one.frame < frame).is_some() {}
                let clock = heard.peek().map_or(written, |one| one.at);
                moment = moment.max(clock);
                Commit { frame, pages, moment, clock }
            })
            .collect()
    }

    fn is_head_old(&self) -> bool {
        lock(&self.head_written).is_none_or(|watch| watch.elapsed() >= HEAD_EVERY)
    }

    fn write_head(&self, tip: &Tip, begins: bool) -> Result<(), Error> {
        let target = &self.target;
        let known = match Head::read(&target.folder, target.place, &target.head_key) {
            // One that does not read is that of lines which have ended in doubt.
            Err(Error::Refused(_)) if begins => None,
            known => known?,
        };
        let mut lines = known.map_or_else(Vec::new, |head| head.lines);
        let (line, hash, moment) = (format!("{:016x}", tip.line), hex(&tip.hash), tip.moment.0);
        match lines.iter_mut().find(|one| one.line == line) {
            Some(known) => (known.number, known.hash, known.moment) = (tip.number, hash, moment),
            None => lines.push(LineHead { line, first: 1, number: tip.number, hash, moment }),
        }
        Head { place: target.place.to_string(), key_version: target.key_version, lines }.write(target)?;
        *lock(&self.head_written) = Some(Stopwatch::start());
        Ok(())
    }

    /// After a doubt the line is left, which frees the log and asks for a base; after a failure nothing changes, unless
    /// it goes on for so long that bases are better.
    fn settle(&self, state: &mut State, done: Result<(), Fault>) -> Result<(), Error> {
        let error = match done {
            Ok(()) => {
                self.failing.is_over();
                None
            }
            Err(Fault::Error(error)) => match self.failing.again(&self.target, &error) {
                Some(words) => self.end(state, words),
                None => Some(error),
            },
            Err(Fault::Doubt(words)) => self.end(state, words),
        };
        *lock(&self.trouble) = error.as_ref().map(words);
        error.map_or(Ok(()), Err)
    }

    /// Leaves the line. Gives what keeps it from doing so.
    fn end(&self, state: &mut State, words: String) -> Option<Error> {
        tracing::error!(place = %self.target.place, words, "a line of segments ends; the next base begins another");
        if let Err(error) = self.wal.unmark() {
            return Some(error.into());
        }
        *state = State::Off;
        self.wal.listen(false);
        self.failing.is_over();
        self.wanted.begin();
        self.ended.fetch_add(1, Ordering::Relaxed);
        *lock(&self.reason) = Some(words);
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn number_of(state: &State) -> u64 {
    match state {
        State::On(tip) => tip.number,
        _ => 0,
    }
}

const FOLDED_ELSEWHERE: &str = "the log was folded in by somebody else before all of it was shipped";
