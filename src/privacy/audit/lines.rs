//! A log as lines of JSON, and the check of such a file by whoever has nothing else: no key, no database, no
//! network.
//!
//! A line holds everything that its hash covers, in the words of [`Sealed`], so that the check is a computation
//! over the file alone. Without the personal parts it proves as much: their commitments stay in the hash.

use std::io::BufRead;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::Entry;
use super::chain::{Link, Sealed, Verdict, Walk};
use super::checkpoint::Checkpoint;
use crate::clock::Timestamp;
use crate::error::Error;

/// An entry for programs: one line of an export.
///
/// `detail` and `personal` are objects whose keys are sorted; written without spaces they are what the hash covers.
pub fn fact(entry: &Entry, with_personal: bool) -> Result<Value, Error> {
    let parsed = |text: &str| if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str::<Value>(text) };
    let mut fact = json!({
        "sequence": entry.sequence,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "object": entry.object,
        "workspace": entry.workspace.map(|id| id.to_string()),
        "network": entry.network,
        "detail": parsed(&entry.detail)?,
        "personal": Value::Null,
        "erased": entry.is_erased(),
        "commitment": entry.commitment,
        "previous": entry.previous,
        "hash": entry.hash,
    });
    if with_personal {
        fact["personal"] = parsed(entry.personal.as_deref().unwrap_or(""))?;
        // Whoever has the words may check them; without the words, the salt would let them be guessed.
        fact["salt"] = entry.salt.clone().into();
    }
    Ok(fact)
}

/// What a check of a file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVerdict {
    /// Of all lines, in the order of their numbers.
    pub verdict: Verdict,
    /// Entries that are not in the file between two that are: an export of some days, or of one workspace, has
    /// such gaps, and what is missing there cannot be told from what was left out on purpose.
    pub gaps: i64,
    /// Lines in all.
    pub lines: usize,
}

/// Checks a file of lines, oldest or newest first, against itself and against a checkpoint.
///
/// Fails with [`Error::Invalid`] that names the first line which is no entry.
pub fn verify(file: impl BufRead, checkpoint: Option<&Checkpoint>) -> Result<FileVerdict, Error> {
    let mut entries = Vec::new();
    for (index, line) in file.lines().enumerate() {
        let line = line?;
        if !line.trim().is_empty() {
            entries.push(ReadLine::read(&line).ok_or_else(|| {
                let line = index + 1;
                Error::field("file", "no_entry", format!("line {line} is no entry of an audit log"))
            })?);
        }
    }
    let lines = entries.len();
    entries.sort_by_key(|entry| entry.sealed.sequence);
    let gaps = entries.windows(2).map(|two| (two[1].sealed.sequence - two[0].sealed.sequence - 1).max(0)).sum();
    let checkpoints: Vec<Checkpoint> = checkpoint.cloned().into_iter().collect();
    let verdict = if gaps == 0 { whole(&entries, &checkpoints) } else { excerpt(&entries, &checkpoints) };
    Ok(FileVerdict { verdict, gaps, lines })
}

/// Entries without a gap: a chain, but one that may begin and end anywhere.
fn whole(entries: &[ReadLine], checkpoints: &[Checkpoint]) -> Verdict {
    let mut walk = Walk::new(checkpoints).of_a_part();
    entries.iter().for_each(|entry| walk.step(&entry.link()));
    walk.verdict()
}

/// Entries with gaps: each by itself, and each run of neighbours as a chain.
fn excerpt(entries: &[ReadLine], checkpoints: &[Checkpoint]) -> Verdict {
    let mut held = 0;
    let mut erased = 0;
    let mut agreed = 0;
    let mut head = String::new();
    for run in entries.chunk_by(|one, next| one.sealed.sequence + 1 == next.sealed.sequence) {
        let (first, last) = (run[0].sealed.sequence, run[run.len() - 1].sealed.sequence);
        let within: Vec<Checkpoint> =
            checkpoints.iter().filter(|checkpoint| (first..=last).contains(&checkpoint.size)).cloned().collect();
        match whole(run, &within) {
            Verdict::Intact { entries, erased: of_them, head: last, checkpoints, .. } => {
                held += entries;
                erased += of_them;
                agreed += checkpoints;
                head = last;
            }
            broken => return broken,
        }
    }
    let first = entries.first().map_or(0, |entry| entry.sealed.sequence);
    Verdict::Intact { entries: held, erased, first, head, checkpoints: agreed }
}

/// A line, read back.
struct ReadLine {
    sealed: Sealed,
    personal: Option<String>,
    salt: Option<[u8; 16]>,
    hash: [u8; 32],
}

impl ReadLine {
    fn read(line: &str) -> Option<ReadLine> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let bytes = |key: &str| HEXLOWER.decode(value[key].as_str()?.as_bytes()).ok();
        let written = |key: &str| if value[key].is_null() { None } else { Some(value[key].to_string()) };
        let workspace = match value["workspace"].as_str() {
            Some(id) => Some(id.parse().ok()?),
            None => None,
        };
        let sealed = Sealed {
            sequence: value["sequence"].as_i64()?,
            at: Timestamp::parse(value["at"].as_str()?)?,
            actor: text("actor")?,
            action: text("action")?,
            object: text("object")?,
            workspace,
            network: text("network")?,
            detail: written("detail").unwrap_or_default(),
            commitment: bytes("commitment")?.try_into().ok()?,
            previous: bytes("previous")?.try_into().ok()?,
        };
        let hash = bytes("hash")?.try_into().ok()?;
        // Without its words, an entry's salt proves nothing, and no salt means nothing was promised about them.
        let salt = bytes("salt").and_then(|salt| salt.try_into().ok());
        Some(ReadLine { sealed, personal: written("personal"), salt, hash })
    }

    fn link(&self) -> Link<'_> {
        Link { entry: &self.sealed, personal: self.personal.as_deref(), salt: self.salt.as_ref(), hash: &self.hash }
    }
}
