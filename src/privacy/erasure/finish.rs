//! Takes an erasure from wherever it is to its certificate. Every step may be repeated, so that a crash between any
//! two of them loses nothing.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::faults::{Step, is_left_out};
use super::look::look;
use super::needles::Needles;
use super::values::Values;
use super::{Erasure, State, certify, destroy, service};
use crate::app::App;
use crate::crypto::envelope;
use crate::db::{Origin, Workspace};
use crate::error::Error;
use crate::id::ErasureId;
use crate::mail;
use crate::privacy::audit::{self, Event};
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
