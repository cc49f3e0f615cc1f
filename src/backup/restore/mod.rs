//! Brings an installation back from its backups, onto a machine that holds nothing else (keys-and-backups 2.8).
//!
//! Everything happens in a folder beside the target. The target gets its name when all of it is whole, the erasures
//! since then were done again, and every way in from before is dead. A refusal leaves nothing behind.

mod obeying;
mod replay;
mod store;
pub mod unpack;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::Watch;
use super::chain::Chain;
use super::folder::{Folder, HEAD_FACT};
use super::manifest::Place;
use super::segments::{self, Goal, Reached, Target};
use super::settings;
use crate::app::{App, Lock};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::crypto::file::{replace, sync_folder_of};
use crate::db::{Actor, Origin, installation};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::keys::{Folders, Keys, Source, find_keys};
use crate::members::{epoch, workspaces};
use crate::privacy::audit::{self, Event};

pub use obeying::{MARGIN_MS, Replayed, obey};
pub use replay::entries_of;
pub use store::raise_counter;
pub use unpack::{Brought, Copies, bring_back};

/// What is to be brought back.
pub struct Wanted {
    /// The backup folder.
    pub from: PathBuf,
    /// The state of this moment; the newest without it.
    pub until: Option<Timestamp>,
    /// A newest backup that is older is refused.
    pub max_age_ms: i64,
    /// It is known that the backups are old.
    pub accepts_stale: bool,
    /// What was printed of the newest backup, or the beginning of it.
    pub expected_head: Option<String>,
}

/// What a restore did. Kept in the data folder as `restore-report.json`.
#[derive(Debug, Serialize)]
pub struct Report {
    pub from: PathBuf,
    pub restored_at: Timestamp,
    pub until: Timestamp,
    /// The newest backup's hash.
    pub head: String,
    pub keyring_generation: u64,
    /// Copies of the keyring that did not open, before the one that did.
    pub keyrings_passed_over: Vec<String>,
    pub places: Vec<Restored>,
    /// `holdfast.toml` is there again, as it was at the last backup.
    pub settings_are_back: bool,
    /// Workspaces that no backup up to that moment holds whole.
    pub missing: Vec<String>,
    /// What people asked for since then, and was done again.
    pub replayed: Vec<Replayed>,
    /// Sessions, tokens, links and invitations that are dead now.
    pub ended: usize,
    /// Mails that wait for an operator's word.
    pub held_mails: i64,
}

/// One database that is back.
#[derive(Debug, Serialize)]
pub struct Restored {
    pub place: String,
    pub backup: u64,
    pub at: Timestamp,
    pub digest: String,
    pub files: usize,
    /// How far the copy was brought forward; none when there is nothing but the copy.
    pub reached: Option<Reached>,
}

/// The folder that becomes the target. Goes with everything in it unless the restore came to its end.
struct Staging {
    path: PathBuf,
    is_done: bool,
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Restores into `config.data`, which must be empty or not there. `open` opens an installation in a folder.
///
/// Fails with [`Error::Refused`], in words that say what is wrong and where, and then nothing was written.
pub fn restore(
    config: &Config,
    wanted: &Wanted,
    source: &Source,
    open: &dyn Fn(Config, Keys, Lock) -> Result<std::sync::Arc<App>, Error>,
    watch: &mut Watch,
) -> Result<Report, Error> {
    let (target, folder) = (&config.data, Folder::at(&wanted.from));
    refuse_full(target)?;
    folder.refuse_unknown()?;
    let found = find_keys(&folder.keys(), Folders { data: target, backup: Some(&folder.root) }, source)?;
    let mut staging = stage(target)?;
    std::fs::create_dir(staging.path.join("keys"))?;
    replace(&staging.path.join("keys/keyring"), &found.keyring, 0o600)?;
    if let Some(slots) = &found.slots {
        replace(&staging.path.join("keys/slots"), slots, 0o600)?;
    }
    let keys = Keys::open(Folders { data: &staging.path, backup: Some(&folder.root) }, source)?;
    let control = keys.control()?;
    let chain = Chain::read(&folder, &control.manifest)?;
    let now = Clock.now();
    refuse_unexpected(&chain, &folder, wanted, now)?;
    replay::refuse_cut_off(&folder, &chain, &control)?;
    let until = wanted.until.unwrap_or(now);
    let mut report = Report {
        from: folder.root.clone(),
        restored_at: now,
        until,
        head: chain.head().unwrap_or_default().to_owned(),
        keyring_generation: keys.ring_seq(),
        keyrings_passed_over: found.passed_over,
        places: Vec::new(),
        settings_are_back: false,
        missing: Vec::new(),
        replayed: Vec::new(),
        ended: 0,
        held_mails: 0,
    };
    let goal = Goal { until: wanted.until, accepts_stale: wanted.accepts_stale, ..Goal::default() };
    let copies = Copies { folder: &folder, chain: &chain, head_key: &control.manifest };
    unpack::installation(&staging.path, &copies, &keys, &goal, &mut report, watch)?;
    replay::take_journals(&folder, &staging.path)?;
    report.settings_are_back = settings::bring_back(&folder, &keys, &staging.path)?;
    let inside = Config {
        data: staging.path.clone(),
        backup: crate::config::Backup { folder: staging.path.join("backup"), ..config.backup.clone() },
        ..config.clone()
    };
    let app = open(inside, keys, Lock::take(&staging.path)?)?;
    let origin = Origin::local(Actor::CommandLine);
    unpack::workspaces(&app, &copies, &goal, &mut report, watch)?;
    replay::all(&app, &origin, &mut report, watch)?;
    begin_anew(&app, &origin, &mut report)?;
    app.remember_keyring()?;
    app.workspaces.close_all();
    drop(app);
    replace(&staging.path.join("restore-report.json"), &serde_json::to_vec_pretty(&report)?, 0o600)?;
    if target.is_dir() {
        std::fs::remove_dir(target)?;
    }
    std::fs::rename(&staging.path, target)?;
    staging.is_done = true;
    sync_folder_of(target)?;
    Ok(report)
}

/// Nothing that is there is written over.
fn refuse_full(target: &Path) -> Result<(), Error> {
    match std::fs::read_dir(target).map(|mut entries| entries.next().is_none()) {
        Ok(false) => Err(Error::Refused(format!(
            "{}: the folder is not empty; restore into an empty one. Nothing was written",
            target.display()
        ))),
        Ok(true) => Ok(()),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(Error::Refused(format!("{}: {source}; nothing was written", target.display()))),
    }
}

fn stage(target: &Path) -> Result<Staging, Error> {
    use std::os::unix::fs::DirBuilderExt;
    let name = target.file_name().and_then(|name| name.to_str()).unwrap_or("holdfast-data");
    let path = target.with_file_name(format!(".{name}.restoring"));
    // Of a restore that was cut short: nobody else makes this name.
    if path.is_dir() {
        std::fs::remove_dir_all(&path)?;
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
    Ok(Staging { path, is_done: false })
}

/// Rolled back by deletion, or simply old: whoever restores must know (RST-3).
fn refuse_unexpected(chain: &Chain, folder: &Folder, wanted: &Wanted, now: Timestamp) -> Result<(), Error> {
    let (Some(newest), Some(head)) = (chain.newest(), chain.head()) else {
        return Err(Error::Refused(format!(
            "{}: there is no backup in this folder; nothing was written",
            folder.shown()
        )));
    };
    if let Some(expected) = &wanted.expected_head
        && (expected.len() < 16 || !head.starts_with(expected.as_str()))
    {
        return Err(Error::Refused(format!(
            "{}: the newest backup is {} with head {head}, not the expected {expected}: backups are missing at the end, or \
             this is another folder. Nothing was written",
            folder.shown(),
            newest.number
        )));
    }
    let age = now.since(newest.started);
    if age > wanted.max_age_ms && !wanted.accepts_stale {
        return Err(Error::Refused(format!(
            "{}: the newest backup is of {}, {} hours ago: newer ones may have been taken away. When this is known, say so \
             with --accept-stale. Nothing was written",
            folder.shown(),
            newest.started.rfc3339(),
            age / Timestamp::HOUR
        )));
    }
    Ok(())
}

/// The moment that a workspace can be brought back to when this one is wanted; `None` when no backup reaches back so far.
pub fn reached(app: &App, chain: &Chain, place: WorkspaceId, until: Timestamp) -> Result<Option<Timestamp>, Error> {
    let Some((_, copy)) = copy_until(chain, place, Some(until), until) else { return Ok(None) };
    let Some(point) = &copy.segments else { return Ok(Some(copy.holds_until())) };
    let keys = app.keys.workspace_version(place, copy.key_version)?;
    let target = Target::new(&app.config.backup.folder, &keys, &app.control_keys.manifest);
    let goes_on = app.shipments.of(place).and_then(|shipping| shipping.line()).as_ref() == Some(&point.line);
    segments::reach(&target, point, until, goes_on).map(|moment| Some(moment.max(copy.holds_until())))
}

/// The newest verified copy of a place that holds no later moment. Without one, no copy of the future.
pub fn copy_until(
    chain: &Chain,
    place: WorkspaceId,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Option<(u64, &Place)> {
    let copies = chain.copies_of(place).rev().map(|(manifest, copy)| (manifest.number, copy));
    let is_later = |copy: &Place| match until {
        Some(until) => copy.holds_until() > until,
        None => copy.at > now,
    };
    copies
        .filter(|(_, copy)| copy.verified.is_some() && !is_later(copy))
        .max_by_key(|(number, copy)| (copy.at, *number))
}

/// Every way in from before dies, nothing goes out before somebody has looked, and the log says what happened.
fn begin_anew(app: &App, origin: &Origin, report: &mut Report) -> Result<(), Error> {
    for workspace in app.read(workspaces::list)? {
        if let Ok(opened) = crate::gate::for_job(app, workspace.id) {
            report.ended += opened.file.write(app.now(), origin, |tx| {
                let ended = crate::privacy::portal::service::end_all(tx)? + crate::privacy::parcel::end_links(tx)?;
                let event = Event::new("backup.workspace.restored").detail("until", report.until.rfc3339());
                audit::record(tx, event.detail("links_ended", ended))?;
                Ok(ended)
            })?;
        }
    }
    let (ended, held) = app.write(origin, |tx| {
        let ended = epoch::end_everything(tx)?;
        let hold = json!({ "since": tx.now.rfc3339(), "until": report.until.rfc3339() });
        installation::hold_outbound(tx, &hold.to_string())?;
        // The folder of the settings is another one now; the chain in the old one goes on without this installation.
        installation::forget_fact(tx, HEAD_FACT)?;
        let held = crate::mail::queue::backlog(tx)?.waiting;
        let event = Event::new("backup.installation.restored").detail("until", report.until.rfc3339());
        let event = event.detail("head", report.head.as_str()).detail("places", report.places.len());
        let event = event.detail("done_again", report.replayed.len()).detail("ended", ended).detail("held_mails", held);
        audit::record(tx, event)?;
        Ok((ended, held))
    })?;
    report.ended += ended;
    report.held_mails = held;
    Ok(())
}
