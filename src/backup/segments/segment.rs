//! One segment: what it says of itself, then frames of the log as they stood there, sealed as a whole.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Target;
use super::position::{Beginning, Position};
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::crypto::file::sync_folder_of;
use crate::crypto::object::{self, Header, Kind, Reader, Writer};
use crate::db::log::{FRAME, PAGE, Sums, number};
use crate::error::Error;
use crate::failpoint;
use crate::id::WorkspaceId;

const MAGIC: &[u8; 4] = b"SEG1";
/// More commits than this are in no segment: the log is folded in long before.
const MOST_COMMITS: u32 = 1 << 20;

/// The hash of a segment as it lies in the folder; zeros before the first.
pub type Hash = [u8; 32];

/// What a segment says of itself. Numbers are big-endian in the file, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub line: u64,
    /// Dense, from 1.
    pub number: u64,
    /// Counts how often the log began anew; its salts belong to it.
    pub epoch: u64,
    pub salts: [u8; 8],
    /// The first frame here; one more than `last` when there is none.
    pub first: u32,
    pub last: u32,
    /// The log may be folded in: all of it is in segments.
    pub is_sealed: bool,
    /// The log's running checksum after `last`.
    pub sums: Sums,
    pub previous: Hash,
    /// The newest commit up to here, in this segment or before it.
    pub moment: Timestamp,
    pub commits: Vec<Commit>,
}

/// A commit in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// The frame that ends it.
    pub frame: u32,
    /// How many pages the file has then.
    pub pages: u32,
    /// Never before that of an earlier commit, whatever the clock did.
    pub moment: Timestamp,
    /// What the clock said.
    pub clock: Timestamp,
}

/// Hashes what passes through.
pub(super) struct Hashing<T> {
    inner: T,
    hash: Sha256,
    bytes: u64,
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.hash.update(&bytes[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hash.update(&into[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

impl Segment {
    /// How many frames it holds.
    pub(super) fn frames(&self) -> u32 {
        (self.last + 1).saturating_sub(self.first)
    }

    pub(super) fn beginning(&self) -> Beginning {
        Beginning {
            line: self.line,
            number: self.number,
            previous: self.previous,
            epoch: self.epoch,
            salts: self.salts,
            frame: self.first,
            moment: self.commits.first().map(|commit| commit.moment),
        }
    }

    /// Where a line stands after it; `hash` is its own.
    pub(super) fn position(&self, hash: Hash) -> Position {
        Position {
            number: self.number,
            hash,
            epoch: self.epoch,
            salts: self.salts,
            frame: self.last,
            is_sealed: self.is_sealed,
            moment: self.moment,
        }
    }

    /// What is wrong within it, whatever lies before it.
    pub(super) fn fault(&self) -> Option<String> {
        let is_sorted = self.commits.is_sorted_by_key(|commit| commit.moment);
        (!is_sorted).then(|| "its commits are not in order".into())
    }

    fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(MAGIC)?;
        for number in [self.line, self.number, self.epoch] {
            out.write_all(&number.to_be_bytes())?;
        }
        out.write_all(&self.salts)?;
        for number in [PAGE as u32, self.first, self.last] {
            out.write_all(&number.to_be_bytes())?;
        }
        out.write_all(&[u8::from(self.is_sealed)])?;
        out.write_all(&self.sums.0.to_be_bytes())?;
        out.write_all(&self.sums.1.to_be_bytes())?;
        out.write_all(&self.previous)?;
        out.write_all(&self.moment.0.to_be_bytes())?;
        out.write_all(&(self.commits.len() as u32).to_be_bytes())?;
        for commit in &self.commits {
            out.write_all(&commit.frame.to_be_bytes())?;
            out.write_all(&commit.pages.to_be_bytes())?;
            out.write_all(&commit.moment.0.to_be_bytes())?;
            out.write_all(&commit.clock.0.to_be_bytes())?;
        }
        Ok(())
    }

    fn read_from(input: &mut impl Read) -> io::Result<Segment> {
        if take::<4>(input)? != *MAGIC {
            return Err(damaged("it is no segment"));
        }
        let (line, number, epoch) = (long(input)?, long(input)?, long(input)?);
        let salts = take(input)?;
        if short(input)? as usize != PAGE {
            return Err(damaged("its pages have another size"));
        }
        let (first, last) = (short(input)?, short(input)?);
        let is_sealed = take::<1>(input)? == [1];
        let sums = (short(input)?, short(input)?);
        let (previous, moment) = (take(input)?, Timestamp(long(input)?.cast_signed()));
        let count = short(input)?;
        if count > MOST_COMMITS || first == 0 || first > last.saturating_add(1) {
            return Err(damaged("what it says of itself does not fit together"));
        }
        let mut commits: Vec<Commit> = Vec::new();
        for _ in 0..count {
            let commit = Commit {
                frame: short(input)?,
                pages: short(input)?,
                moment: Timestamp(long(input)?.cast_signed()),
                clock: Timestamp(long(input)?.cast_signed()),
            };
            let after = commits.last().map_or(first.saturating_sub(1), |before| before.frame);
            if commit.frame <= after || commit.frame > last || commit.pages == 0 {
                return Err(damaged("its commits are not in order"));
            }
            commits.push(commit);
        }
        if commits.last().map_or(first.saturating_sub(1), |commit| commit.frame) != last {
            return Err(damaged("it does not end with a commit"));
        }
        Ok(Segment { line, number, epoch, salts, first, last, is_sealed, sums, previous, moment, commits })
    }

    /// Puts the segment into the folder; `frames` writes its frames. On the disk under its name when this returns.
    pub fn write(
        &self,
        target: &Target,
        frames: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Hash, io::Error> {
        let path = target.segment(self.line, self.number);
        let begun = path.with_extension("next");
        match std::fs::remove_file(&begun) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(source),
            _ => {}
        }
        let written = self.write_begun(target, &begun, frames).and_then(|hash| {
            failpoint::reach("segments.written");
            std::fs::rename(&begun, &path)?;
            if !failpoint::skips("segments.sync") {
                sync_folder_of(&path)?;
            }
            failpoint::reach("segments.named");
            Ok(hash)
        });
        if written.is_err() {
            let _ = std::fs::remove_file(&begun);
        }
        written
    }

    fn write_begun(
        &self,
        target: &Target,
        begun: &Path,
        frames: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<Hash> {
        use std::os::unix::fs::OpenOptionsExt;
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(begun)?;
        let out = Hashing { inner: io::BufWriter::new(file), hash: Sha256::new(), bytes: 0 };
        let (key, version) = (&target.segment_key, target.key_version);
        let mut writer = Writer::new(out, key, Kind::Segment, target.place, object::new_id(), version)?;
        self.write_to(&mut writer)?;
        frames(&mut writer)?;
        let out = writer.finish()?;
        let file = out.inner.into_inner().map_err(io::IntoInnerError::into_error)?;
        if !failpoint::skips("segments.sync") {
            file.sync_all()?;
        }
        Ok(out.hash.finalize().into())
    }
}

/// A segment that is being read.
pub struct Opened {
    pub segment: Segment,
    reader: Reader<Hashing<File>>,
    /// Bytes of frames that were handed out.
    given: u64,
}

impl Opened {
    /// Opens a segment and reads what it says of itself; genuine, but only whole when [`Opened::finish`] says so.
    pub fn open(path: &Path, place: WorkspaceId, key: &Key) -> Result<Opened, Error> {
        let mut reader = sealed(path, place, key)?;
        let segment = Segment::read_from(&mut reader).map_err(told)?;
        Ok(Opened { segment, reader, given: 0 })
    }

    /// Reads the next frame into `frame`; gives the number of its page.
    pub fn frame(&mut self, frame: &mut [u8]) -> Result<u32, Error> {
        self.reader.read_exact(frame).map_err(told)?;
        self.given += frame.len() as u64;
        let page = number(frame, 0);
        if frame[8..16] != self.segment.salts || page == 0 {
            return Err(Error::Refused("a frame in it belongs to another log".into()));
        }
        Ok(page)
    }

    /// Reads to the proven end; gives the hash of the whole.
    pub fn finish(self) -> Result<(Segment, Hash), Error> {
        self.finish_counted().map(|(segment, hash, _)| (segment, hash))
    }

    /// The same with its length as it lies in the folder.
    pub(super) fn finish_counted(mut self) -> Result<(Segment, Hash, u64), Error> {
        let frames = u64::from(self.segment.frames());
        let left = io::copy(&mut self.reader, &mut io::sink()).map_err(told)?;
        if self.given + left != frames * FRAME as u64 {
            return Err(Error::Refused("it has another length than it says".into()));
        }
        let input = self.reader.into_inner();
        Ok((self.segment, input.hash.finalize().into(), input.bytes))
    }
}

/// Opens a sealed object of a line; proven as far as it is read.
pub(super) fn sealed(path: &Path, place: WorkspaceId, key: &Key) -> Result<Reader<Hashing<File>>, Error> {
    let mut input = Hashing { inner: File::open(path)?, hash: Sha256::new(), bytes: 0 };
    let header = Header::read(&mut input)?;
    header.expect(Kind::Segment, place)?;
    Ok(Reader::new(input, key, header))
}

pub(super) fn damaged(words: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

/// What is wrong with the object, in words; a failing disk stays what it is.
pub(super) fn told(source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::InvalidData => Error::Refused(source.to_string()),
        io::ErrorKind::UnexpectedEof => Error::Refused("it ends too early".into()),
        _ => source.into(),
    }
}

pub(super) fn take<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn short(input: &mut impl Read) -> io::Result<u32> {
    take(input).map(u32::from_be_bytes)
}

pub(super) fn long(input: &mut impl Read) -> io::Result<u64> {
    take(input).map(u64::from_be_bytes)
}
