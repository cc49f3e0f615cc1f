//! Looks for a person's values in the bytes on the disk: every decrypted page of both databases and of their logs, and
//! every other file of the data folder. Streams; a file of any size needs the memory of one part.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use super::needles::ByteNeedles;
use crate::db::DbFile;
use crate::error::Error;

/// Read at a time.
const PART: usize = 1024 * 1024;

/// What a scan of one place found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    pub place: &'static str,
    pub bytes: u64,
    pub hits: u64,
}

impl Scanned {
    pub fn json(&self) -> Value {
        json!({ "place": self.place, "bytes": self.bytes, "hits": self.hits })
    }
}

/// The pages of a database as they lie on the disk, free ones too, and those in its log.
pub fn pages(place: &'static str, file: &DbFile, needles: &ByteNeedles) -> Result<Scanned, Error> {
    let mut scanned = Scanned { place, bytes: 0, hits: 0 };
    file.each_page(&mut |page| {
        scanned.bytes += page.len() as u64;
        scanned.hits += needles.count(page);
        Ok(())
    })?;
    Ok(scanned)
}

/// Every file below a folder but databases, which are read page by page, and the folders in `except`.
pub fn files(place: &'static str, folder: &Path, except: &[&Path], needles: &ByteNeedles) -> Result<Scanned, Error> {
    let mut scanned = Scanned { place, bytes: 0, hits: 0 };
    below(folder, except, needles, &mut scanned)?;
    Ok(scanned)
}

fn below(folder: &Path, except: &[&Path], needles: &ByteNeedles, scanned: &mut Scanned) -> Result<(), Error> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !except.contains(&path.as_path()) {
            below(&path, except, needles, scanned)?;
        } else if kind.is_file() && !is_database(&path) {
            // Files come and go while others work: one that is gone by now holds nobody.
            if let Ok(file) = File::open(&path) {
                stream(file, needles, scanned)?;
            }
        }
    }
    Ok(())
}

fn is_database(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    [".db", ".db-wal", ".db-shm"].iter().any(|end| name.ends_with(end))
}

fn stream(mut file: File, needles: &ByteNeedles, scanned: &mut Scanned) -> Result<(), Error> {
    let mut part = vec![0; PART + needles.overlap()];
    let mut kept = 0;
    loop {
        let read = file.read(&mut part[kept..])?;
        if read == 0 {
            return Ok(());
        }
        scanned.bytes += read as u64;
        let end = kept + read;
        let hits = needles.count(&part[..end]);
        scanned.hits += hits;
        // What was counted is not looked at again; of the rest, what may be the beginning of a value.
        kept = if hits > 0 { 0 } else { needles.overlap().min(end) };
        part.copy_within(end - kept..end, 0);
    }
}
