//! Reads a write-ahead log past SQLite: which frames of it are committed, by its own salts and running checksum.
//!
//! The checksums are over ciphertext, so no key is needed. Only frames that a commit ended are ever given: what a
//! transaction wrote that is under way or was rolled back lies behind the last of them.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::open::PAGE_SIZE;

/// Bytes of a page.
pub const PAGE: usize = PAGE_SIZE as usize;
/// What stands before each page: its number, the pages of the file after a commit, salts, checksum.
pub const FRAME_HEADING: usize = 24;
/// A page with its heading.
pub const FRAME: usize = FRAME_HEADING + PAGE;
const HEADING: usize = 32;
const MAGIC: u32 = 0x377f_0682;
/// Read at once.
const BUFFER: usize = 64 * FRAME;

/// The running checksum after a frame.
pub type Sums = (u32, u32);

/// A log that has a heading.
pub struct Log {
    file: File,
    is_big_endian: bool,
    /// Chosen anew each time the log begins from its start: frames with others are left from before.
    pub salts: [u8; 8],
    /// After the heading, before the first frame.
    pub sums: Sums,
}

/// Committed frames in a row.
#[derive(Debug, PartialEq, Eq)]
pub struct Committed {
    /// The last frame; the one asked from when there is no more.
    pub last: u32,
    pub sums: Sums,
    /// The frame that ends each commit, and how many pages the file has then.
    pub commits: Vec<(u32, u32)>,
}

impl Log {
    /// Opens a log. `None` when there is none, it is empty, or it is room of zeros: then nothing waits in it.
    pub fn open(path: &Path) -> io::Result<Option<Log>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(source) if source.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(source),
        };
        let mut heading = [0; HEADING];
        match file.read_exact_at(&mut heading, 0) {
            Err(source) if source.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let is_big_endian = number(&heading, 0) & 1 == 1;
        let sums = add(is_big_endian, (0, 0), &heading[..24]);
        let is_whole = number(&heading, 0) & !1 == MAGIC
            && number(&heading, 8) as usize == PAGE
            && sums == (number(&heading, 24), number(&heading, 28));
        let mut salts = [0; 8];
        salts.copy_from_slice(&heading[16..24]);
        Ok(is_whole.then_some(Log { file, is_big_endian, salts, sums }))
    }

    /// What is committed after frame `from`, whose checksum is `sums`, up to frame `most`.
    pub fn committed(&self, from: u32, sums: Sums, most: u32) -> io::Result<Committed> {
        let mut found = Committed { last: from, sums, commits: Vec::new() };
        let mut input = BufReader::with_capacity(BUFFER, At { file: &self.file, at: offset(from) });
        let (mut frame, mut number_of, mut running) = (vec![0; FRAME], from, sums);
        while number_of < most {
            match input.read_exact(&mut frame) {
                Err(source) if source.kind() == ErrorKind::UnexpectedEof => break,
                read => read?,
            }
            running = add(self.is_big_endian, running, &frame[..8]);
            running = add(self.is_big_endian, running, &frame[FRAME_HEADING..]);
            let is_ours = frame[8..16] == self.salts
                && number(&frame, 0) != 0
                && running == (number(&frame, 16), number(&frame, 20));
            if !is_ours {
                break;
            }
            number_of += 1;
            let pages = number(&frame, 4);
            if pages != 0 {
                found.commits.push((number_of, pages));
                (found.last, found.sums) = (number_of, running);
            }
        }
        Ok(found)
    }

    /// Hands the frames `first` to `last` on, as they stand in the log.
    pub fn copy(&self, first: u32, last: u32, out: &mut impl Write) -> io::Result<()> {
        let bytes = u64::from((last + 1).saturating_sub(first)) * FRAME as u64;
        let input = At { file: &self.file, at: offset(first.saturating_sub(1)) };
        let copied = io::copy(&mut BufReader::with_capacity(BUFFER, input.take(bytes)), out)?;
        if copied == bytes { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    /// Puts what the log holds onto the disk.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Where the frame after `frame` begins.
fn offset(frame: u32) -> u64 {
    HEADING as u64 + u64::from(frame) * FRAME as u64
}

/// Reads on from a place without moving the handle that others share.
struct At<'a> {
    file: &'a File,
    at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// A big-endian number of four bytes.
pub fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// SQLite's checksum, two words at a time.
fn add(is_big_endian: bool, (mut first, mut second): Sums, bytes: &[u8]) -> Sums {
    let word = |bytes: &[u8]| {
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    for pair in bytes.chunks_exact(8) {
        first = first.wrapping_add(word(pair)).wrapping_add(second);
        second = second.wrapping_add(word(&pair[4..])).wrapping_add(first);
    }
    (first, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_of_the_last_possible_frame_does_not_wrap() {
        assert_eq!(offset(u32::MAX), 32 + u64::from(u32::MAX) * 4_120);
    }

    #[test]
    fn no_log_a_short_one_and_room_of_zeros_are_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.db-wal");
        assert!(Log::open(&path).unwrap().is_none());
        for length in [0, 31, 32, 100_000] {
            std::fs::write(&path, vec![0; length]).unwrap();
            assert!(Log::open(&path).unwrap().is_none(), "{length}");
        }
    }

    /// T-L: a frame beyond 4 GiB of a log, of a page beyond the one that SQLite locks at 1 GiB.
    #[test]
    fn a_frame_beyond_four_gibibytes_is_found_and_copied() {
        const LOCK_PAGE: u32 = (1 << 30) / 4_096 + 1;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.db-wal");
        let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path).unwrap();
        let mut heading = [0; HEADING];
        for (at, value) in [(0, MAGIC), (4, 3_007_000), (8, 4_096), (16, 0x5a17), (20, 0x7a17)] {
            heading[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        let sums = add(false, (0, 0), &heading[..24]);
        heading[24..28].copy_from_slice(&sums.0.to_be_bytes());
        heading[28..32].copy_from_slice(&sums.1.to_be_bytes());
        file.write_all_at(&heading, 0).unwrap();
        let before = 1_050_000;
        assert!(offset(before) > u64::from(u32::MAX));
        let (mut frame, before_sums) = (vec![7; FRAME], (3, 4));
        frame[..4].copy_from_slice(&(LOCK_PAGE + 1).to_be_bytes());
        frame[4..8].copy_from_slice(&(LOCK_PAGE + 1).to_be_bytes());
        frame[8..16].copy_from_slice(&heading[16..24]);
        let sums = add(false, add(false, before_sums, &frame[..8]), &frame[FRAME_HEADING..]);
        frame[16..20].copy_from_slice(&sums.0.to_be_bytes());
        frame[20..24].copy_from_slice(&sums.1.to_be_bytes());
        file.write_all_at(&frame, offset(before)).unwrap();
        let log = Log::open(&path).unwrap().expect("a log");
        let found = log.committed(before, before_sums, u32::MAX).unwrap();
        assert_eq!(found, Committed { last: before + 1, sums, commits: vec![(before + 1, LOCK_PAGE + 1)] });
        let mut copied = Vec::new();
        log.copy(before + 1, before + 1, &mut copied).unwrap();
        assert!(copied == frame);
        // With the checksum of another beginning it is no frame of this log.
        assert_eq!(log.committed(before, (3, 5), u32::MAX).unwrap().last, before);
    }
}
