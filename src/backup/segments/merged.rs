//! A merged object: the newest version of every page that some segments in a row changed, in place of them.
//!
//! It says how the first of them began and how the last one ended, so that the chain of hashes goes on over it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use super::Target;
use super::names::Name;
use super::position::{Beginning, Position};
use super::segment::{Hash, Hashing, damaged, long, sealed, short, take, told};
use crate::clock::Timestamp;
use crate::crypto::object::{self, Kind, Reader, Writer};
use crate::db::log::PAGE;
use crate::error::Error;

const MAGIC: &[u8; 4] = b"SEGM";

/// What a merged object says of itself. Numbers are big-endian in the file, in this order; then come the pages, each
/// after its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) line: u64,
    /// The segments that it stands for.
    pub(super) first: u64,
    pub(super) last: u64,
    /// How the first of them began.
    pub(super) epoch: u64,
    pub(super) salts: [u8; 8],
    pub(super) frame: u32,
    pub(super) previous: Hash,
    /// How the last of them ended.
    pub(super) last_epoch: u64,
    pub(super) last_salts: [u8; 8],
    pub(super) last_frame: u32,
    pub(super) is_sealed: bool,
    pub(super) hash: Hash,
    /// Of the first commit, and of the newest one up to here.
    pub(super) since: Timestamp,
    pub(super) moment: Timestamp,
    pub(super) commits: u64,
    /// How many pages the file has at the end; 0 when nothing was committed.
    pub(super) pages: u32,
    /// How many pages follow.
    pub(super) held: u32,
}

impl Merged {
    pub(super) fn name(&self) -> Name {
        Name { line: self.line, first: self.first, last: self.last, is_merged: true }
    }

    pub(super) fn beginning(&self) -> Beginning {
        Beginning {
            line: self.line,
            number: self.first,
            previous: self.previous,
            epoch: self.epoch,
            salts: self.salts,
            frame: self.frame,
            moment: (self.commits > 0).then_some(self.since),
        }
    }

    pub(super) fn position(&self) -> Position {
        Position {
            number: self.last,
            hash: self.hash,
            epoch: self.last_epoch,
            salts: self.last_salts,
            frame: self.last_frame,
            is_sealed: self.is_sealed,
            moment: self.moment,
        }
    }

    fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(MAGIC)?;
        out.write_all(&(PAGE as u32).to_be_bytes())?;
        for number in [self.line, self.first, self.last, self.epoch] {
            out.write_all(&number.to_be_bytes())?;
        }
        out.write_all(&self.salts)?;
        out.write_all(&self.frame.to_be_bytes())?;
        out.write_all(&self.previous)?;
        out.write_all(&self.last_epoch.to_be_bytes())?;
        out.write_all(&self.last_salts)?;
        out.write_all(&self.last_frame.to_be_bytes())?;
        out.write_all(&[u8::from(self.is_sealed)])?;
        out.write_all(&self.hash)?;
        for number in [self.since.0.cast_unsigned(), self.moment.0.cast_unsigned(), self.commits] {
            out.write_all(&number.to_be_bytes())?;
        }
        out.write_all(&self.pages.to_be_bytes())?;
        out.write_all(&self.held.to_be_bytes())
    }

    fn read_from(input: &mut impl Read) -> io::Result<Merged> {
        if take::<4>(input)? != *MAGIC {
            return Err(damaged("it holds no merged segments"));
        }
        if short(input)? as usize != PAGE {
            return Err(damaged("its pages have another size"));
        }
        let merged = Merged {
            line: long(input)?,
            first: long(input)?,
            last: long(input)?,
            epoch: long(input)?,
            salts: take(input)?,
            frame: short(input)?,
            previous: take(input)?,
            last_epoch: long(input)?,
            last_salts: take(input)?,
            last_frame: short(input)?,
            is_sealed: take::<1>(input)? == [1],
            hash: take(input)?,
            since: Timestamp(long(input)?.cast_signed()),
            moment: Timestamp(long(input)?.cast_signed()),
            commits: long(input)?,
            pages: short(input)?,
            held: short(input)?,
        };
        let fits = merged.first <= merged.last
            && merged.epoch <= merged.last_epoch
            && (merged.commits == 0) == (merged.pages == 0)
            && (merged.commits == 0 || merged.since <= merged.moment);
        if fits { Ok(merged) } else { Err(damaged("what it says of itself does not fit together")) }
    }

    /// Writes the object to `to`, which must not exist; `pages` writes its pages. On the disk when this returns.
    pub(super) fn write(
        &self,
        target: &Target,
        to: &Path,
        pages: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
    ) -> Result<(), Error> {
        use std::os::unix::fs::OpenOptionsExt;
        let refused = |source: io::Error| target.folder.refused(&source);
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(refused)?;
        let (key, version) = (&target.segment_key, target.key_version);
        let out = io::BufWriter::new(file);
        let writer = Writer::new(out, key, Kind::Segment, target.place, object::new_id(), version);
        let mut writer = writer.map_err(refused)?;
        self.write_to(&mut writer).map_err(refused)?;
        pages(&mut writer)?;
        let file = writer.finish().and_then(|out| out.into_inner().map_err(io::IntoInnerError::into_error));
        let file = file.and_then(|file| file.sync_all().map(|()| file)).map_err(refused)?;
        // It is read again at once: from the disk then, not from what was just written.
        let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
        Ok(())
    }
}

/// A merged object that is being read.
pub(super) struct OpenedMerged {
    pub(super) merged: Merged,
    reader: Reader<Hashing<File>>,
    left: u32,
}

impl OpenedMerged {
    /// Opens it and reads what it says of itself; genuine, but only whole when [`OpenedMerged::finish`] says so.
    pub(super) fn open(path: &Path, target: &Target) -> Result<OpenedMerged, Error> {
        let mut reader = sealed(path, target.place, &target.segment_key)?;
        let merged = Merged::read_from(&mut reader).map_err(told)?;
        Ok(OpenedMerged { left: merged.held, merged, reader })
    }

    /// Reads the next page into `page`; its number, `None` after the last one.
    pub(super) fn page(&mut self, page: &mut [u8]) -> Result<Option<u32>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        let number = short(&mut self.reader).map_err(told)?;
        self.reader.read_exact(page).map_err(told)?;
        self.left -= 1;
        match number {
            0 => Err(Error::Refused("a page in it has no number".into())),
            number => Ok(Some(number)),
        }
    }

    /// Reads to the proven end.
    pub(super) fn finish(mut self) -> Result<Merged, Error> {
        let left = io::copy(&mut self.reader, &mut io::sink()).map_err(told)?;
        if left != u64::from(self.left) * (PAGE as u64 + 4) {
            return Err(Error::Refused("it has another length than it says".into()));
        }
        Ok(self.merged)
    }
}
