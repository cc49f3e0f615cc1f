//! One backup: every database sealed, read back and examined, its files taken over, and a signed manifest over all.
//!
//! What is done is written down after each place, so a run that was cut short goes on where it was.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::base::{self, Scratch};
use super::chain::Chain;
use super::files::{self, List};
use super::folder::{FORMAT, Folder, HEAD_FACT};
use super::manifest::{Failed, LedgerHead, Manifest, Place, Signed};
use super::{Watch, hex, segments, settings, words};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::file::{read_if_there, replace};
use crate::db::{DbFile, Origin, installation};
use crate::error::Error;
use crate::gate;
use crate::id::WorkspaceId;
use crate::members::workspaces;
use crate::privacy::audit::{self, Event};
use crate::privacy::ledger;

/// A copy younger than this is today's.
const TODAY_MS: i64 = 20 * Timestamp::HOUR;
/// A run that was cut short longer ago is begun anew.
const RESUME_MS: i64 = 12 * Timestamp::HOUR;
/// The fact in `control.db` with what went wrong last; gone after a good run.
pub const TROUBLE_FACT: &str = "backup_trouble";

/// What a run is to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// Only places without a verified copy of today.
    pub only_due: bool,
    /// Somebody says that the backups which were made are lost, and begins anew.
    pub new_folder: bool,
    /// After other work on the folder, instead of a refusal while it is under way.
    pub in_turn: bool,
    /// This one place alone.
    pub place: Option<WorkspaceId>,
}

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The backup's number; `None` when nothing was due.
    pub number: Option<u64>,
    pub verified: usize,
    /// Places that are not in the backup, or did not read back.
    pub failed: Vec<Trouble>,
    pub files: u64,
    /// Of the sealed databases.
    pub bytes: u64,
    /// The newest manifest's hash: print it and keep it elsewhere.
    pub head: String,
}

/// A place with what is wrong there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trouble {
    pub place: String,
    pub reason: String,
}

/// How far a run is, kept in the folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    number: u64,
    previous: String,
    started: String,
    places: Vec<Place>,
}

impl Signed for Begun {
    const DOMAIN: &'static str = "holdfast/run/v1\n";
    const NAME: &'static str = "state of the run";
}

/// Makes a backup and writes down how it went.
///
/// Fails with [`Error::Refused`] when the folder cannot be used, [`Error::Conflict`] while other work is under way and it
/// does not wait, [`Error::Unavailable`] when it was stopped. A place that fails does not keep the others from being
/// backed up.
pub fn run(app: &App, origin: &Origin, asked: Asked, watch: &mut Watch) -> Result<Outcome, Error> {
    let outcome = make(app, origin, asked, watch).map_err(|error| match error {
        Error::DiskFull => Folder::at(&app.config.backup.folder).refused(&std::io::ErrorKind::StorageFull.into()),
        error => error,
    });
    let trouble = match &outcome {
        Ok(outcome) => outcome.failed.first().map(|trouble| format!("{}: {}", trouble.place, trouble.reason)),
        Err(Error::Refused(words)) => Some(words.clone()),
        Err(Error::Internal(source)) => Some(format!("{}: {source}", app.config.backup.folder.display())),
        Err(_) => return outcome,
    };
    app.control.write_unaudited(app.now(), origin, |tx| match &trouble {
        Some(words) => installation::set_fact(tx, TROUBLE_FACT, words),
        None => installation::forget_fact(tx, TROUBLE_FACT),
    })?;
    outcome
}

fn make(app: &App, origin: &Origin, asked: Asked, watch: &mut Watch) -> Result<Outcome, Error> {
    if asked.new_folder {
        app.control.write_unaudited(app.now(), origin, |tx| installation::forget_fact(tx, HEAD_FACT))?;
    }
    let folder = Folder::of(app)?;
    folder.prepare(app)?;
    let _lock = if asked.in_turn { folder.lock_in_turn(watch) } else { folder.lock() }?;
    clear_scratch(app)?;
    let key = &app.control_keys.manifest;
    let mut chain = Chain::of(app, &folder)?;
    let places = due(app, &chain, asked)?;
    if places.is_empty() {
        let head = chain.head().unwrap_or_default().to_owned();
        return Ok(Outcome { number: None, verified: 0, failed: Vec::new(), files: 0, bytes: 0, head });
    }
    let keyring = app.keys.write_copies(&folder.keys(), app.now())?;
    settings::carry(app, &folder)?;
    let mut begun = Begun::find(&folder, key, &chain, app.now())?;
    let mut failed = Vec::new();
    for (done, (id, name)) in places.iter().enumerate() {
        watch.step(&format!("backing up {name}"), done, places.len())?;
        if begun.places.iter().any(|place| place.workspace() == Some(*id)) {
            continue;
        }
        match back_up(app, &folder, &chain, *id, watch) {
            Ok(place) => {
                begun.places.push(place);
                begun.write(&folder, key)?;
            }
            Err(error @ (Error::Unavailable(_) | Error::DiskFull))
                if (watch.is_stopping)() || matches!(error, Error::DiskFull) =>
            {
                return Err(error);
            }
            Err(error) => failed.push(Failed { id: id.to_string(), reason: words(&error) }),
        }
    }
    copy_journals(app, &folder)?;
    let manifest = Manifest {
        format: FORMAT,
        install: hex(&app.keys.installation()),
        number: begun.number,
        started: Timestamp::parse(&begun.started).unwrap_or(app.now()),
        finished: app.now(),
        previous: begun.previous,
        version: env!("CARGO_PKG_VERSION").into(),
        keyring,
        places: begun.places,
        failed,
        ledgers: ledger_heads(app)?,
    };
    let outcome = outcome_of(&manifest, &places);
    let bases: Vec<Place> = manifest.places.iter().filter(|place| place.verified.is_some()).cloned().collect();
    chain.announce(app, origin, &manifest)?;
    chain.add(&folder, key, manifest)?;
    for base in &bases {
        let shipping = base.workspace().and_then(|id| app.shipments.of(id));
        if let Some(shipping) = shipping {
            shipping.has_base(base.segments.as_ref());
        }
    }
    forget_begun(&folder);
    chain.remember(app, origin)?;
    app.write(origin, |tx| {
        let event = Event::new("backup.run.finished").detail("number", outcome.number);
        audit::record(tx, event.detail("verified", outcome.verified).detail("failed", outcome.failed.len()))
    })?;
    Ok(Outcome { head: chain.head().unwrap_or_default().to_owned(), ..outcome })
}

/// The places of a run with their names: the installation first, so that every workspace it knows follows.
fn due(app: &App, chain: &Chain, asked: Asked) -> Result<Vec<(WorkspaceId, String)>, Error> {
    let living = living(app)?;
    let now = app.now();
    let is_due = |place: &WorkspaceId| {
        let age = chain.last_verified(*place).map(|at| now.since(at));
        // A copy of tomorrow was made while the clock was ahead.
        asked.place.is_none_or(|wanted| wanted == *place)
            && (!asked.only_due
                || age.is_none_or(|age| !(0..TODAY_MS).contains(&age))
                || segments::wants_base(app, *place))
    };
    Ok(living.into_iter().filter(|(id, _)| is_due(id)).collect())
}

/// Every place that ought to be backed up, with its name.
pub fn living(app: &App) -> Result<Vec<(WorkspaceId, String)>, Error> {
    let workspaces = app.read(workspaces::list)?;
    let in_service = workspaces.into_iter().filter(|one| matches!(one.state.as_str(), "active" | "read_only"));
    let control = (WorkspaceId::CONTROL, "the installation".to_owned());
    Ok(std::iter::once(control).chain(in_service.map(|one| (one.id, one.slug))).collect())
}

fn back_up(app: &App, folder: &Folder, chain: &Chain, id: WorkspaceId, watch: &mut Watch) -> Result<Place, Error> {
    if id == WorkspaceId::CONTROL {
        return copy(app, folder, chain, &app.control, None, &app.control_keys.workspace, watch);
    }
    let workspace = gate::for_job(app, id)?;
    let keys = app.keys.workspace(id)?;
    copy(app, folder, chain, &workspace.file, Some(&workspace.folder), &keys, watch)
}

/// One place. Files first and once more after the snapshot: none that a row of it names can be missing.
fn copy(
    app: &App,
    folder: &Folder,
    chain: &Chain,
    file: &DbFile,
    beside: Option<&Path>,
    keys: &WorkspaceKeys,
    watch: &mut Watch,
) -> Result<Place, Error> {
    let (id, data) = (keys.workspace, folder.data(keys.workspace));
    let earlier = audit::checkpoint::journal(&app.config.data, id, &app.control_keys.manifest)?.checkpoints;
    let known = chain
        .copies_of(id)
        .next_back()
        .and_then(|(_, copy)| List::read(&folder.list(id, &copy.object), &copy.files_sha256).ok());
    let known = known.unwrap_or_default();
    let mut list = List::default();
    if let Some(beside) = beside {
        files::take_over(beside, &data, &known, &mut list, watch)?;
    }
    let at = app.now();
    let mut segments = None;
    let mut begun = || {
        // Without a line it is a base all the same; the page of the backups says why there is none.
        segments = app.shipments.of(id).and_then(|shipping| shipping.base_begins().ok());
        Ok(())
    };
    let made = base::make(file, keys, &data, &mut begun, watch)?;
    if let Some(beside) = beside {
        files::take_over(beside, &data, &known, &mut list, watch)?;
    }
    let mut place = Place {
        id: id.to_string(),
        key_version: keys.version,
        schema: 0,
        at,
        files: list.0.len() as u64,
        files_size: list.bytes(),
        files_sha256: list.write(&folder.list(id, &made.object))?,
        object: made.object,
        size: made.size,
        sha256: made.sha256,
        digest: String::new(),
        audit: String::new(),
        verified: None,
        fault: String::new(),
        segments,
    };
    let scratch = Scratch::new(&app.config.data.join("scratch"))?;
    let examined =
        base::unpack(&folder.base(id, &place.object), &place.sha256, |_| Ok((id, keys.base.clone())), &scratch.file())
            .and_then(|()| base::examine(&scratch.file(), keys, &earlier, app.now()));
    match examined {
        Ok(examined) => {
            place.schema = examined.schema;
            place.digest = examined.digest;
            place.audit = examined.audit.map_or_else(String::new, |head| head.text(&app.control_keys.manifest));
            place.verified = Some(app.now());
        }
        // Not the backup disk: the copy is unpacked beside the data.
        Err(Error::DiskFull) => {
            return Err(Folder::at(&app.config.data.join("scratch")).refused(&std::io::ErrorKind::StorageFull.into()));
        }
        Err(error) => place.fault = words(&error),
    }
    Ok(place)
}

fn outcome_of(manifest: &Manifest, places: &[(WorkspaceId, String)]) -> Outcome {
    let name = |id: &str| {
        let place = places.iter().find(|(place, _)| place.to_string() == id);
        place.map_or_else(|| id.to_owned(), |(_, name)| name.clone())
    };
    let unread = manifest.places.iter().filter(|place| place.verified.is_none());
    let unread = unread.map(|place| Trouble { place: name(&place.id), reason: place.fault.clone() });
    let missing = manifest.failed.iter().map(|one| Trouble { place: name(&one.id), reason: one.reason.clone() });
    Outcome {
        number: Some(manifest.number),
        verified: manifest.places.iter().filter(|place| place.verified.is_some()).count(),
        failed: missing.chain(unread).collect(),
        files: manifest.places.iter().map(|place| place.files).sum(),
        bytes: manifest.places.iter().map(|place| place.size).sum(),
        head: String::new(),
    }
}

/// What examinations left behind that a crash cut short. The caller holds the folder's lock.
pub fn clear_scratch(app: &App) -> Result<(), Error> {
    match std::fs::remove_dir_all(app.config.data.join("scratch")) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(source.into()),
        _ => Ok(()),
    }
}

/// The journals of erasures lie in the data folder; where backups go elsewhere they go along.
fn copy_journals(app: &App, folder: &Folder) -> Result<(), Error> {
    let from = ledger::folder(&app.config.data);
    if !from.is_dir() || from.canonicalize()? == folder.ledger().canonicalize()? {
        return Ok(());
    }
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (bytes, target) = (std::fs::read(entry.path())?, folder.ledger().join(entry.file_name()));
        if read_if_there(&target)?.as_ref() != Some(&bytes) {
            replace(&target, &bytes, 0o600)?;
        }
    }
    Ok(())
}

/// A run was cut short, and the next one goes on with what it made, unless that was too long ago.
pub fn is_begun(folder: &Folder, key: &Key, now: Timestamp) -> Result<bool, Error> {
    let begun = read_if_there(&Begun::path(folder))?.and_then(|bytes| Begun::parse(&bytes, key).ok());
    Ok(begun.is_some_and(|begun| begun.is_recent(now)))
}

/// The next run begins anew. The caller holds the folder's lock.
pub fn forget_begun(folder: &Folder) {
    let _ = std::fs::remove_file(Begun::path(folder));
}

fn ledger_heads(app: &App) -> Result<Vec<LedgerHead>, Error> {
    let places = living(app)?;
    app.read(|db| {
        let mut heads = Vec::new();
        for (id, _) in &places {
            let (position, hash) = ledger::head(db, *id)?;
            if position > 0 {
                heads.push(LedgerHead { id: id.to_string(), position, hash: hex(&hash) });
            }
        }
        Ok(heads)
    })
}

impl Begun {
    fn path(folder: &Folder) -> std::path::PathBuf {
        folder.root.join("run.json")
    }

    /// The run that was cut short, as far as it can be gone on with; else a new one.
    fn find(folder: &Folder, key: &Key, chain: &Chain, now: Timestamp) -> Result<Begun, Error> {
        let number = chain.newest().map_or(0, |newest| newest.number) + 1;
        let previous = chain.head().unwrap_or_default().to_owned();
        let left = read_if_there(&Begun::path(folder))?.and_then(|bytes| Begun::parse(&bytes, key).ok());
        let fits = |begun: &Begun| begun.number == number && begun.previous == previous && begun.is_recent(now);
        if let Some(mut begun) = left.filter(fits) {
            begun.places.retain(|place| {
                place.workspace().is_some_and(|id| folder.base(id, &place.object).exists()) && place.verified.is_some()
            });
            return Ok(begun);
        }
        Ok(Begun { number, previous, started: now.rfc3339(), places: Vec::new() })
    }

    fn is_recent(&self, now: Timestamp) -> bool {
        Timestamp::parse(&self.started).is_some_and(|started| (0..RESUME_MS).contains(&now.since(started)))
    }

    fn write(&self, folder: &Folder, key: &Key) -> Result<(), Error> {
        Ok(replace(&Begun::path(folder), &self.sign(key)?, 0o600)?)
    }
}
