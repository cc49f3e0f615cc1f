//! The ledger's journal: one signed line for each entry, in the data folder, so that a restore finds it beside the
//! backups when `control.db` is an older one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Entry, entries, signer};
use crate::app::App;
use crate::crypto::file::{read_if_there, sync_folder_of};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::privacy::certificate::{self, Verdict};

/// The journals of an installation.
pub fn folder(data: &Path) -> PathBuf {
    data.join("backup").join("ledger")
}

/// The journal of a workspace.
pub fn path(data: &Path, workspace: WorkspaceId) -> PathBuf {
    folder(data).join(format!("{workspace}.jsonl"))
}

/// Writes down what the journal does not hold yet; on disk when this returns. Also mends what a crash cut short.
pub fn mirror(app: &App, workspace: WorkspaceId) -> Result<(), Error> {
    let path = path(&app.config.data, workspace);
    let written = read_if_there(&path)?.unwrap_or_default();
    let last = written.split(|byte| *byte == b'\n').filter_map(position).max().unwrap_or(0);
    let missing = app.read(|db| entries(db, workspace, last))?;
    if missing.is_empty() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let signer = signer(app)?;
    let mut lines = String::new();
    // A line that a crash cut short stands by itself.
    if !written.is_empty() && !written.ends_with(b"\n") {
        lines.push('\n');
    }
    for entry in missing {
        lines.push_str(&signer.sign(&entry.fact()).to_string());
        lines.push('\n');
    }
    let mut file = fs::OpenOptions::new().create(true).append(true).open(&path)?;
    file.write_all(lines.as_bytes())?;
    file.sync_all()?;
    Ok(sync_folder_of(&path)?)
}

/// The place in the chain that a whole line is about.
fn position(line: &[u8]) -> Option<i64> {
    serde_json::from_slice::<Value>(line).ok()?["certificate"]["position"].as_i64()
}

/// The entries of a journal by their place in the chain. A line that a crash cut short is passed over; it stands again
/// whole in a later one.
///
/// Fails with [`Error::Refused`] at a whole line that `public_key` did not sign.
pub fn read_journal(bytes: &[u8], public_key: &str) -> Result<Vec<Entry>, Error> {
    let mut entries: BTreeMap<i64, Entry> = BTreeMap::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let Ok(text) = std::str::from_utf8(line) else { continue };
        let Ok(document) = serde_json::from_str::<Value>(text) else { continue };
        if let Verdict::Altered(reason) = certificate::verify(text, Some(public_key)) {
            return Err(Error::Refused(format!("a line was changed ({reason}); nothing was written")));
        }
        let entry = Entry::from_fact(&document["certificate"]);
        let entry = entry.ok_or_else(|| Error::Refused("a line is of a newer version; nothing was written".into()))?;
        entries.insert(entry.position, entry);
    }
    Ok(entries.into_values().collect())
}
