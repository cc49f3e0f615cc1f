//! The ledger's journal: one signed line for each entry, in the data folder, so that a restore finds it beside the
//! backups when `control.db` is an older one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Entry, entries, signer};
use crate::app::App;
use crate::backup::folder::Folder;
use crate::crypto::file::{read_if_there, replace, sync_folder_of};
use crate::db::{Actor, Origin, installation};
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
        return beside_backups(app, workspace);
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
    sync_folder_of(&path)?;
    beside_backups(app, workspace)
}

/// The fact in `control.db` that a journal could not be written beside the backups, and why; gone once all are there.
pub const TROUBLE_FACT: &str = "ledger_copy_trouble";

/// Where backups go elsewhere the journal goes along at once: who was erased a minute before the machine burned stays
/// erased. A folder that is away keeps nobody from being erased: the console says so, and the next run tries again.
fn beside_backups(app: &App, workspace: WorkspaceId) -> Result<(), Error> {
    let words = match copy_out(app, workspace) {
        Ok(()) => None,
        Err(Error::Internal(source)) => Some(source.to_string()),
        Err(error) => Some(error.to_string()),
    };
    let known = app.read(|db| installation::fact(db, TROUBLE_FACT))?;
    if known == words || words.is_none() && !all_are_out(app)? {
        return Ok(());
    }
    let origin = Origin::local(Actor::Job("privacy.ledger.carry"));
    app.control.write_unaudited(app.now(), &origin, |tx| match &words {
        Some(words) => installation::set_fact(tx, TROUBLE_FACT, words),
        None => installation::forget_fact(tx, TROUBLE_FACT),
    })
}

fn copy_out(app: &App, workspace: WorkspaceId) -> Result<(), Error> {
    let Some(target) = outside(app) else { return Ok(()) };
    let folder = Folder::of(app)?;
    // The first backup makes the folder; nothing in it could bring anybody back before.
    if !folder.ledger().is_dir() {
        return Ok(());
    }
    let target = target.join(format!("{workspace}.jsonl"));
    let bytes = read_if_there(&path(&app.config.data, workspace))?.unwrap_or_default();
    if bytes.is_empty() || read_if_there(&target)?.as_ref() == Some(&bytes) {
        return Ok(());
    }
    replace(&target, &bytes, 0o600).map_err(|source| folder.refused(&source))
}

/// The folder of the journals beside the backups, when that is another one than ours.
fn outside(app: &App) -> Option<PathBuf> {
    let outside = app.config.backup.folder.join("ledger");
    (outside != folder(&app.config.data)).then_some(outside)
}

fn all_are_out(app: &App) -> Result<bool, Error> {
    let Some(outside) = outside(app) else { return Ok(true) };
    let Ok(ours) = fs::read_dir(folder(&app.config.data)) else { return Ok(true) };
    for journal in ours {
        let journal = journal?;
        if read_if_there(&outside.join(journal.file_name()))? != read_if_there(&journal.path())? {
            return Ok(false);
        }
    }
    Ok(true)
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
