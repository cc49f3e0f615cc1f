//! Checkpoints: how long a log was and what its last hash was, kept where an editor of the file cannot reach
//! (AUD-2, AUD-4, keys-and-backups 2.9).
//!
//! A chain alone does not show that its end was cut off, nor that somebody computed all of it anew. Every hour
//! each log's head is signed and written to a journal beside the data, to the program's own log, and once a day
//! it is mailed to the owners. Later checks hold the log against what was written then.
//!
//! The text follows the C2SP checkpoint format: origin, size, hash, a line of our own with the time, and a
//! signature line. The hash is the head of the chain, which commits to every entry before it as a tree would.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;

use super::store;
use crate::clock::Timestamp;
use crate::crypto::{Key, derive};
use crate::db::Db;
use crate::error::Error;
use crate::id::WorkspaceId;

/// How a text begins.
const ORIGIN: &str = "holdfast/";
const SIGNED_BY: &str = "\u{2014} holdfast ";

/// How a log was at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The workspace of the log; [`WorkspaceId::CONTROL`] for the installation's.
    pub log: WorkspaceId,
    /// The number of the newest entry.
    pub size: i64,
    /// Its hash.
    pub head: [u8; 32],
    pub at: Timestamp,
}

impl Checkpoint {
    /// The log as it is now; `None` while it has no entry.
    pub fn of(db: &Db, log: WorkspaceId) -> Result<Option<Checkpoint>, Error> {
        let (size, head) = store::head(db)?;
        Ok((size > 0).then_some(Checkpoint { log, size, head, at: db.now }))
    }

    fn signed_part(&self) -> String {
        let origin = origin(self.log);
        format!("{origin}\n{}\n{}\ntime {}\n", self.size, BASE64.encode(&self.head), self.at.rfc3339())
    }

    /// Origin, size, hash, time, an empty line, the signature.
    pub fn text(&self, key: &Key) -> String {
        let part = self.signed_part();
        let signature = derive::mac(key, &[part.as_bytes()]);
        format!("{part}\n{SIGNED_BY}{}\n", BASE64.encode(&signature))
    }

    /// Reads what [`Checkpoint::text`] wrote; the flag says whether the signature is ours. `None` when the text is
    /// no checkpoint.
    pub fn read(text: &str, key: Option<&Key>) -> Option<(Checkpoint, bool)> {
        let mut lines = text.lines().map(str::trim_end);
        let log = lines.next()?.strip_prefix(ORIGIN)?;
        let log = if log == CONTROL { WorkspaceId::CONTROL } else { log.parse().ok()? };
        let size = lines.next()?.parse().ok().filter(|size| *size > 0)?;
        let head = BASE64.decode(lines.next()?.as_bytes()).ok()?.try_into().ok()?;
        let at = Timestamp::parse(lines.next()?.strip_prefix("time ")?)?;
        let checkpoint = Checkpoint { log, size, head, at };
        let signature = lines.find_map(|line| line.strip_prefix(SIGNED_BY));
        let is_ours = match (key, signature.and_then(|text| BASE64.decode(text.as_bytes()).ok())) {
            (Some(key), Some(signature)) => {
                let expected = derive::mac(key, &[checkpoint.signed_part().as_bytes()]);
                // The journal is no door: whoever can offer it guesses can write the file itself.
                signature == expected
            }
            _ => false,
        };
        Some((checkpoint, is_ours))
    }
}

const CONTROL: &str = "control";

fn origin(log: WorkspaceId) -> String {
    format!("{ORIGIN}{}", name(log))
}

/// `control`, or the workspace's id.
fn name(log: WorkspaceId) -> String {
    if log == WorkspaceId::CONTROL { CONTROL.to_owned() } else { log.to_string() }
}

/// What the journal says about one log.
#[derive(Debug, Default)]
pub struct Journal {
    /// In the order in which they were written.
    pub checkpoints: Vec<Checkpoint>,
    /// Blocks whose signature does not hold, or that are none: somebody wrote in the journal.
    pub foreign: usize,
}

/// The file of a log's checkpoints.
fn path(data: &Path, log: WorkspaceId) -> PathBuf {
    data.join("logs").join("audit").join(format!("{}.checkpoints", name(log)))
}

/// Adds a checkpoint to the journal, on disk when this returns.
pub fn append(data: &Path, checkpoint: &Checkpoint, key: &Key) -> Result<(), Error> {
    let path = path(data, checkpoint.log);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    // It begins on a line of its own, even after one that a crash cut short.
    file.write_all(format!("\n{}", checkpoint.text(key)).as_bytes())?;
    Ok(file.sync_data()?)
}

/// Begins the journal of a log anew: it came back from a backup without its newer entries. The old one stays beside it.
pub fn set_aside(data: &Path, log: WorkspaceId, number: i64) -> Result<(), Error> {
    let path = path(data, log);
    match fs::rename(&path, path.with_extension(format!("before-restore-{number}"))) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// What was written about this log so far. Empty when nothing was.
pub fn journal(data: &Path, log: WorkspaceId, key: &Key) -> Result<Journal, Error> {
    let text = match fs::read_to_string(path(data, log)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Journal::default()),
        Err(error) => return Err(error.into()),
    };
    let mut journal = Journal::default();
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with(ORIGIN) {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.push_str(line);
            block.push('\n');
        }
    }
    for block in blocks {
        match Checkpoint::read(&block, Some(key)) {
            Some((checkpoint, true)) if checkpoint.log == log => journal.checkpoints.push(checkpoint),
            _ => journal.foreign += 1,
        }
    }
    Ok(journal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        zeroize::Zeroizing::new([byte; 32])
    }

    fn example() -> Checkpoint {
        Checkpoint { log: WorkspaceId([7; 16]), size: 42, head: [9; 32], at: Timestamp(1_000) }
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_written_and_a_changed_one_is_not_ours() {
        let text = example().text(&key(1));
        assert_eq!(Checkpoint::read(&text, Some(&key(1))), Some((example(), true)));
        assert_eq!(Checkpoint::read(&text, Some(&key(2))), Some((example(), false)));
        let shorter = text.replace("\n42\n", "\n41\n");
        assert!(matches!(Checkpoint::read(&shorter, Some(&key(1))), Some((_, false))));
        assert_eq!(Checkpoint::read("holdfast/control\nmany\n", None), None);
    }

    #[test]
    fn the_journal_gives_back_what_was_added_and_counts_what_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        for size in 1..4 {
            append(folder.path(), &Checkpoint { size, ..example() }, &key(1)).unwrap();
        }
        append(folder.path(), &Checkpoint { size: 9, ..example() }, &key(2)).unwrap();
        let journal = journal(folder.path(), example().log, &key(1)).unwrap();
        assert_eq!(journal.checkpoints.iter().map(|c| c.size).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(journal.foreign, 1);
        let other = super::journal(folder.path(), WorkspaceId::CONTROL, &key(1)).unwrap();
        assert!(other.checkpoints.is_empty());
    }
}
