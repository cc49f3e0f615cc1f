//! What was copied to a mirror, kept in the data folder, so that a run reads only what changed.
//!
//! One line for each file that was put there or taken away, as it happens; the last line of a file counts. A line that
//! a crash tore is left out: that file is compared once more. Losing all of it costs time, never correctness.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::backup::manifest::hash_of;
use crate::crypto::file::{read_if_there, replace};
use crate::error::Error;

/// A file that is in the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Of the file in the backup folder; see [`super::source::stamp`].
    pub stamp: String,
    pub sha256: String,
    /// Of the file in the mirror.
    pub tag: String,
}

/// The list of one mirror. Held open by one run at a time.
pub(super) struct Index {
    path: PathBuf,
    pub entries: BTreeMap<String, Entry>,
    journal: File,
    _lock: File,
}

impl Index {
    /// The list of the mirror that lies at `shown`.
    ///
    /// Fails with [`Error::Conflict`] while another run has it.
    pub fn open(data: &Path, shown: &str) -> Result<Index, Error> {
        let path = path_of(data, shown);
        std::fs::create_dir_all(path.parent().unwrap_or(data))?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.with_extension("lock"))?;
        match rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(Error::Conflict(
                    "The mirror is being brought up to date already; wait for its end.".into(),
                ));
            }
            Err(error) => return Err(std::io::Error::from(error).into()),
        }
        let mut entries = BTreeMap::new();
        let text = read_if_there(&path)?.unwrap_or_default();
        // The last part is empty, or a line that was torn.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |end| &text[..end]);
        for line in String::from_utf8_lossy(whole).lines() {
            let parts: Vec<&str> = line.split('\t').collect();
            match parts[..] {
                [name, stamp, sha256, tag] => {
                    let entry = Entry { stamp: stamp.into(), sha256: sha256.into(), tag: tag.into() };
                    entries.insert(name.to_owned(), entry);
                }
                [name] => drop(entries.remove(name)),
                _ => {}
            }
        }
        replace(&path, text_of(&entries).as_bytes(), 0o600)?;
        let journal = OpenOptions::new().append(true).open(&path)?;
        Ok(Index { path, entries, journal, _lock: lock })
    }

    /// Where something about a copy under way is kept.
    pub fn beside(data: &Path, shown: &str) -> PathBuf {
        path_of(data, shown).with_extension("upload")
    }

    pub fn set(&mut self, name: &str, entry: Entry) -> Result<(), Error> {
        self.journal.write_all(line(name, &entry).as_bytes())?;
        self.entries.insert(name.to_owned(), entry);
        Ok(())
    }

    pub fn forget(&mut self, name: &str) -> Result<(), Error> {
        if self.entries.remove(name).is_some() {
            self.journal.write_all(format!("{name}\n").as_bytes())?;
        }
        Ok(())
    }

    /// Begins anew: nothing is known of the mirror.
    pub fn clear(&mut self) -> Result<(), Error> {
        self.entries.clear();
        replace(&self.path, b"", 0o600)?;
        self.journal = OpenOptions::new().append(true).open(&self.path)?;
        Ok(())
    }
}

fn path_of(data: &Path, shown: &str) -> PathBuf {
    data.join("mirror").join(format!("{}.list", &hash_of(shown.as_bytes())[..16]))
}

fn line(name: &str, entry: &Entry) -> String {
    format!("{name}\t{}\t{}\t{}\n", entry.stamp, entry.sha256, entry.tag)
}

fn text_of(entries: &BTreeMap<String, Entry>) -> String {
    entries.iter().map(|(name, entry)| line(name, entry)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_file_counts_and_a_torn_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let entry = |tag: &str| Entry { stamp: "1".into(), sha256: "ab".into(), tag: tag.into() };
        let mut index = Index::open(folder.path(), "there").unwrap();
        index.set("a", entry("1")).unwrap();
        index.set("b", entry("1")).unwrap();
        index.set("a", entry("2")).unwrap();
        index.forget("b").unwrap();
        assert!(matches!(Index::open(folder.path(), "there"), Err(Error::Conflict(_))), "one run at a time");
        assert!(Index::open(folder.path(), "elsewhere").unwrap().entries.is_empty());
        drop(index);
        let path = path_of(folder.path(), "there");
        let mut text = std::fs::read(&path).unwrap();
        text.extend(b"c\t1\tab\tto");
        std::fs::write(&path, text).unwrap();
        let index = Index::open(folder.path(), "there").unwrap();
        assert_eq!(index.entries, [("a".to_owned(), entry("2"))].into());
    }
}
