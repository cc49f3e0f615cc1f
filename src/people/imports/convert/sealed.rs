//! An uploaded file that can be read from any place, with a bound on how much is read.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::crypto::object::Reader;

/// Reads the plain bytes of a sealed file and goes to where it is told, when the next bytes are asked for.
pub struct Sealed<R: Read + Seek> {
    reader: Reader<R>,
    size: u64,
    at: u64,
    /// Where the reader itself stands.
    reader_at: u64,
    /// Bytes that may still be read: a directory without end must not be followed.
    left: Rc<Cell<u64>>,
}

impl<R: Read + Seek> Sealed<R> {
    /// `reader` stands at the beginning of a file of `size` plain bytes.
    pub fn new(reader: Reader<R>, size: u64, left: Rc<Cell<u64>>) -> Sealed<R> {
        Sealed { reader, size, at: 0, reader_at: 0, left }
    }
}

impl<R: Read + Seek> Read for Sealed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || into.is_empty() {
            return Ok(0);
        }
        if self.at != self.reader_at {
            self.reader.seek_to(self.at).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.reader_at = self.at;
        }
        let count = self.reader.read(into)?;
        self.at += count as u64;
        self.reader_at = self.at;
        let left = self.left.get().checked_sub(count as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.left.set(left);
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for Sealed<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
