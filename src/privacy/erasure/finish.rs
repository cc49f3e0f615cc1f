//! Takes an erasure from wherever it is to its certificate. Every step may be repeated, so that a crash between any
//! two of them loses nothing.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::faults::{Step, is_left_out};
use super::keeping::Keeping;
use super::needles::{ByteNeedles, Needles};
use super::scan::{self, Scanned};
use super::values::Values;
use super::{Erasure, State, certify, destroy, mentions, service};
use crate::app::App;
use crate::crypto::envelope;
use crate::db::{Origin, Workspace};
use crate::error::Error;
use crate::id::ErasureId;
use crate::mail;
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::File;
use crate::privacy::faults;
use crate::privacy::holds;
use crate::privacy::ledger::{self, Kind, NewEntry, Phase};
use crate::privacy::subject::{self, Person};
use crate::privacy::{parcel, suppression};

/// One at a time in this process: a page and the job may want to finish the same one.
static AT_WORK: Mutex<()> = Mutex::new(());

/// See [`service::execute`].
pub fn finish(app: &App, workspace: &Workspace, origin: &Origin, id: ErasureId) -> Result<Erasure, Error> {
    let _at_work = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    let get = || workspace.file.read(app.now(), |db| service::get(db, id));
    let mut erasure = get()?;
    let kind = subject::kind(app.modules, &erasure.person_kind);
    let kind = kind.ok_or_else(|| Error::internal("an erasure of a kind of person that no module has"))?;
    let person = Person { kind, ids: serde_json::from_str(&erasure.person_ids)? };
    if erasure.state == State::Begun || erasure.state == State::Held && is_freed(app, workspace, &erasure)? {
        let earlier = match erasure.sealed_values {
            Some(_) => unsealed(app, workspace, &erasure)?,
            None => Values::default(),
        };
        write_down(app, workspace, origin, &erasure, &person)?;
        faults::reached("before_destroying");
        destroy::destroy(app, workspace, origin, &erasure, &person, &earlier)?;
        faults::reached("after_destroying");
        erasure = get()?;
    }
    if erasure.state == State::Erased {
        let values = unsealed(app, workspace, &erasure)?;
        clear(app, workspace, origin, &values)?;
        faults::reached("before_scanning");
        let looked = look(app, workspace, &values)?;
        faults::reached("before_certifying");
        certify::certify(app, workspace, origin, &erasure, &values, looked)?;
    }
    get()
}

/// True once a hold that kept something is released, or its end has come.
fn is_freed(app: &App, workspace: &Workspace, erasure: &Erasure) -> Result<bool, Error> {
    let kept_by: Vec<i64> = serde_json::from_str(&erasure.held_by).unwrap_or_default();
    let in_force = workspace.file.read(app.now(), |db| holds::service::in_force(db, db.now))?;
    Ok(kept_by.iter().any(|number| !in_force.iter().any(|hold| hold.id.0 == *number)))
}

/// The ledger says that it was begun before anything is destroyed: a restore finishes what is written there.
fn write_down(
    app: &App,
    workspace: &Workspace,
    origin: &Origin,
    erasure: &Erasure,
    person: &Person,
) -> Result<(), Error> {
    if is_left_out(Step::Ledger) {
        return Ok(());
    }
    let round = certify::round(app, workspace, erasure)?;
    if in_ledger(app, workspace, erasure, Phase::Begun, round)?.is_none() {
        let pseudonyms = workspace.file.read(app.now(), |db| {
            let (_, identities) = Values::of(db, person)?;
            let key = db.blind_index()?;
            Ok(identities.iter().map(|known| suppression::pseudonym(key, known.kind, &known.normalised)).collect())
        })?;
        append(app, workspace, origin, erasure, (Phase::Begun, round), pseudonyms)?;
    }
    mirror(app, workspace)
}

pub(super) fn mirror(app: &App, workspace: &Workspace) -> Result<(), Error> {
    if is_left_out(Step::Journal) { Ok(()) } else { ledger::mirror(app, workspace.id) }
}

/// `round` counts how often something of this erasure really went: holds keep the rest until they are released.
pub(super) fn append(
    app: &App,
    workspace: &Workspace,
    origin: &Origin,
    erasure: &Erasure,
    (phase, round): (Phase, usize),
    pseudonyms: Vec<[u8; 32]>,
) -> Result<(i64, [u8; 32]), Error> {
    let new = NewEntry {
        kind: Kind::Erase,
        phase,
        subject_kind: erasure.person_kind.clone(),
        subject_ids: serde_json::from_str(&erasure.person_ids)?,
        detail: json!({ "erasure": erasure.id.0, "round": round, "asked_at": erasure.asked_at.rfc3339() }),
        pseudonyms,
    };
    app.write(origin, |tx| {
        let place = ledger::append(tx, workspace.id, &new)?;
        let event = Event::new("privacy.ledger.appended").in_workspace(workspace.id);
        audit::record(
            tx,
            event.detail("erasure", erasure.id.0).detail("phase", phase.word()).detail("position", place.0),
        )?;
        Ok(place)
    })
}

/// Where the ledger speaks of this round of this erasure.
pub(super) fn in_ledger(
    app: &App,
    workspace: &Workspace,
    erasure: &Erasure,
    phase: Phase,
    round: usize,
) -> Result<Option<(i64, [u8; 32])>, Error> {
    let entries = app.read(|db| ledger::entries(db, workspace.id, 0))?;
    let speaks = |entry: &&ledger::Entry| {
        let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
        let is_round = detail["round"].as_u64().unwrap_or(1) == round as u64;
        is_round && entry.kind == Kind::Erase.word() && entry.phase == phase.word() && detail["erasure"] == erasure.id.0
    };
    Ok(entries.iter().find(speaks).map(|entry| (entry.position, entry.hash)))
}

fn unsealed(app: &App, workspace: &Workspace, erasure: &Erasure) -> Result<Values, Error> {
    let keys = app.keys.workspace_version(workspace.id, erasure.key_version)?;
    let sealed = erasure.sealed_values.as_deref().unwrap_or_default();
    let opened = envelope::open(&keys.field, &destroy::place(workspace, erasure, erasure.key_version), sealed)?;
    Ok(serde_json::from_slice(&opened)?)
}

/// What lies outside the workspace's database: sealed files without a key, mails that wait, the installation's log.
fn clear(app: &App, workspace: &Workspace, origin: &Origin, values: &Values) -> Result<(), Error> {
    if !is_left_out(Step::Files) {
        for clear in app.modules.iter().flat_map(|module| module.clear_files) {
            clear(workspace, app.now(), origin)?;
        }
    }
    if !is_left_out(Step::Packages) {
        parcel::sweep(workspace, app.now())?;
    }
    let needles = Needles::new(values)?;
    app.write(origin, |tx| {
        let mails = match is_left_out(Step::Mail) {
            true => 0,
            false => mail::queue::stop_about(tx, workspace.id, &|text| needles.is_in(text))?,
        };
        let entries = match is_left_out(Step::ControlAudit) {
            true => 0,
            false => audit::forget::naming(tx, workspace.id, &|text| needles.is_in(text))?,
        };
        let event = Event::new("privacy.erasure.cleared").in_workspace(workspace.id);
        audit::record(tx, event.detail("mails_stopped", mails).detail("log_entries", entries))
    })
}

/// What was found on the disk.
pub(super) struct Look {
    pub wal_emptied: bool,
    pub values: usize,
    pub forms: usize,
    /// Values that also stand in somebody else's, so that bytes cannot tell: every row was looked at instead. Those of
    /// `in_held_rows` are not among them.
    pub checked_by_row: usize,
    /// Of the values looked for, in their order: whether they stand in rows that a hold keeps.
    pub in_held_rows: Vec<bool>,
    /// Rows in which the person still stands.
    pub rows_left: usize,
    pub scanned: Vec<Scanned>,
    /// Values that the installation keeps on another ground: an account with the same address.
    pub kept_by_installation: usize,
}

impl Look {
    pub fn hits(&self) -> u64 {
        self.scanned.iter().map(|place| place.hits).sum::<u64>() + self.rows_left as u64
    }
}

fn look(app: &App, workspace: &Workspace, values: &Values) -> Result<Look, Error> {
    let folds = !is_left_out(Step::Checkpoint);
    let wal_emptied = folds && workspace.file.fold()? && app.control.fold()?;
    let needles = Needles::new(values)?;
    let (held, left): (Vec<_>, Vec<_>) = workspace
        .file
        .read(app.now(), |db| mentions::search(db, app.modules, &needles, None, &Keeping::of(db, app.modules)?))?
        .into_iter()
        .partition(|place| place.is_held);
    let alone: Vec<ByteNeedles> =
        values.all().map(|value| ByteNeedles::new([value].into_iter())).collect::<Result<_, _>>()?;
    // What a held row says stands in the bytes too, rightly.
    let in_held_rows: Vec<bool> =
        alone.iter().map(|needle| held.iter().any(|place| needle.count(place.text().as_bytes()) > 0)).collect();
    let mut standing = in_held_rows.clone();
    // Nearly every text has none of them: one look says so.
    let any = ByteNeedles::new(values.all())?;
    let mark = |text: &str, standing: &mut Vec<bool>| {
        if any.count(text.as_bytes()) == 0 {
            return;
        }
        for (place, needle) in alone.iter().enumerate() {
            // Where it stands by itself it was counted already, and must be found in the bytes too.
            standing[place] |= needle.count(text.as_bytes()) > 0 && !needles.is_in(text);
        }
    };
    workspace.file.read(app.now(), |db| {
        mentions::standing(db, app.modules, File::Workspace, &mut |text| mark(text, &mut standing))
    })?;
    let chosen = |left_out: &[bool]| {
        let all = values.all().zip(left_out.to_vec());
        ByteNeedles::new(all.filter(|(_, is_out)| !is_out).map(|(value, _)| value).collect::<Vec<_>>().into_iter())
    };
    let bytes = chosen(&standing)?;
    let mut of_control = standing.clone();
    app.read(|db| {
        mentions::standing(db, app.modules, File::Control, &mut |text| {
            if any.count(text.as_bytes()) == 0 {
                return;
            }
            for (place, needle) in alone.iter().enumerate() {
                of_control[place] |= needle.count(text.as_bytes()) > 0;
            }
        })
    })?;
    let control_bytes = chosen(&of_control)?;
    let data = &app.config.data;
    let workspaces = data.join("workspaces");
    let keys = data.join("keys");
    let scanned = vec![
        scan::pages("workspace_database", &workspace.file, &bytes)?,
        scan::pages("installation_database", &app.control, &control_bytes)?,
        scan::files("workspace_files", &workspace.folder, &[], &bytes)?,
        scan::files("installation_files", data, &[&workspaces, &keys], &control_bytes)?,
    ];
    Ok(Look {
        wal_emptied,
        values: bytes.values,
        forms: bytes.forms,
        checked_by_row: standing.iter().zip(&in_held_rows).filter(|(stands, held)| **stands && !**held).count(),
        in_held_rows,
        rows_left: left.len(),
        scanned,
        kept_by_installation: control_bytes_left_out(&standing, &of_control),
    })
}

fn control_bytes_left_out(standing: &[bool], of_control: &[bool]) -> usize {
    standing.iter().zip(of_control).filter(|(here, there)| **there && !**here).count()
}
