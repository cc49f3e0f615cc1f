//! Does what was approved, through the part of the core that does it. Where a person chooses among purposes, a member
//! notes what they chose and says what was done.

use super::choosing::{self, Choices};
use super::letters::{LetterKind, of_request};
use super::rows::CorrectionRow;
use super::steps::{advance, record};
use super::{Kind, Request, State, Step, service, store};
use crate::app::App;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{SubjectRequestId, WorkspaceId};
use crate::jobs;
use crate::module::{Correction, Module, PersonField};
use crate::privacy::restriction::{self, Ground};
use crate::privacy::{access_package, erasure};

/// Every field of the person that can be corrected, also those that no form shows (P-089).
pub fn fields(db: &Db, modules: &'static [&'static Module], request: &Request) -> Result<Vec<PersonField>, Error> {
    let Some(person) = service::person(db, modules, request)? else { return Ok(Vec::new()) };
    match (person.kind.fields)(db, person.id()) {
        // In the trash, or gone: nothing that could be corrected.
        Err(Error::NotFound(_)) => Ok(Vec::new()),
        fields => fields,
    }
}

/// Says what each field is to hold; those that hold it already are left out. Replaces what was said before.
pub fn propose(
    tx: &Tx,
    modules: &'static [&'static Module],
    id: SubjectRequestId,
    wanted: &[Correction],
) -> Result<(), Error> {
    let request = service::get(tx, id)?;
    if request.kind != Kind::Rectification {
        return Err(Error::Conflict("Only a request for correction corrects fields.".into()));
    }
    if request.state.is_closed() || request.completed_at.is_some() || request.decided_at.is_some() {
        return Err(Error::Conflict("What is corrected cannot be changed once it is decided.".into()));
    }
    let known = fields(tx, modules, &request)?;
    let mut rows = Vec::new();
    for correction in wanted {
        let Some(field) = known.iter().find(|field| field.name == correction.field) else {
            return Err(Error::field("field", "unknown", format!("There is no field {}.", correction.field)));
        };
        let after = correction.value.trim();
        if after != field.value && !rows.iter().any(|row: &CorrectionRow| row.field == field.name) {
            rows.push(CorrectionRow {
                field: field.name.clone(),
                before: field.value.clone(),
                after: after.to_owned(),
                applied_at: None,
            });
        }
    }
    store::set_corrections(tx, id, &rows)?;
    let names: Vec<&str> = rows.iter().map(|row| row.field.as_str()).collect();
    record(tx, &request, "correct", "privacy.request.correction_proposed", &names.join(","), "")
}

/// Begins what was approved. A correction, a restriction, and an objection or withdrawal whose purposes are chosen are
/// done when this returns; a copy of the data is made
/// by a job, which [`ring`] asks for; an erasure waits for [`erase`].
///
/// Fails with [`Error::Conflict`] while a check is missing: it can have been taken back since the approval.
pub fn start(
    tx: &Tx,
    modules: &'static [&'static Module],
    id: SubjectRequestId,
    choices: &Choices,
) -> Result<(), Error> {
    let mut request = service::get(tx, id)?;
    service::demand_checked(tx, &request)?;
    if request.kind == Kind::Rectification && store::corrections(tx, id)?.is_empty() {
        return Err(Error::Conflict("Say first which fields are to be corrected.".into()));
    }
    advance(tx, &mut request, Step::Start, "", "")?;
    let person = service::person(tx, modules, &request)?.ok_or(Error::NotFound("person"))?;
    match request.kind {
        Kind::Rectification => {
            let done = correct(tx, modules, &request)?;
            service::complete(tx, id, &done)
        }
        Kind::Access | Kind::Portability => {
            // All three checks stand, so it may be handed out as soon as it is made (P-095).
            let package = access_package::service::build(tx, &person, Some(id.0))?;
            access_package::service::release(tx, package)
        }
        Kind::Restriction => {
            if !restriction::service::is_restricted(tx, &person)? {
                // What they asked stays with the request, and goes with it.
                let ground = choices.ground.unwrap_or(Ground::Accuracy);
                restriction::service::restrict(tx, &person, ground, &format!("Asked for in request {id}"))?;
            }
            service::complete(tx, id, "Your data is kept, and nobody uses it. We tell you before this ends.")
        }
        Kind::Objection | Kind::Withdrawal => match &choices.purposes {
            Some(chosen) => {
                let done = choosing::say(tx, &person, &request, chosen)?;
                service::complete(tx, id, &done)
            }
            None => Ok(()),
        },
        Kind::Erasure => Ok(()),
    }
}

/// Begins the erasure that was approved and answered: the answer goes first, since erasing takes the address along.
///
/// `is_answer_out` says whether the letter has left. Fails with [`Error::Conflict`] while it has not.
pub fn erase(
    tx: &Tx,
    modules: &'static [&'static Module],
    id: SubjectRequestId,
    is_answer_out: bool,
) -> Result<(), Error> {
    let request = service::get(tx, id)?;
    service::demand_checked(tx, &request)?;
    if request.kind != Kind::Erasure || request.state != State::Processing {
        return Err(Error::Conflict("Only a request for erasure that is in work can be executed so.".into()));
    }
    if erasure::of_request(tx, id.0)?.is_some() {
        return Err(Error::Conflict("The erasure is under way already.".into()));
    }
    if !of_request(tx, id)?.iter().any(|letter| letter.kind == LetterKind::Done) {
        return Err(Error::Conflict("Write the answer first: erasing takes their address along.".into()));
    }
    if !is_answer_out {
        return Err(Error::Conflict(
            "The answer has not left yet. Erasing would stop it: try again in a minute.".into(),
        ));
    }
    let person = service::person(tx, modules, &request)?.ok_or(Error::NotFound("person"))?;
    let begun = erasure::begin(tx, &person, Some(id.0))?;
    record(tx, &request, "erase", "privacy.request.erasure_begun", &begun.to_string(), "")
}

/// Asks for the jobs that go on with a request after the commit.
pub fn ring(app: &App, workspace: WorkspaceId, kind: Kind) -> Result<(), Error> {
    match kind {
        Kind::Access | Kind::Portability => jobs::ask(app, &access_package::jobs::BUILD, Some(workspace)),
        Kind::Erasure => jobs::ask(app, &erasure::jobs::FINISH, Some(workspace)),
        _ => Ok(()),
    }
}

/// Writes the corrections and says in words which fields they were.
fn correct(tx: &Tx, modules: &'static [&'static Module], request: &Request) -> Result<String, Error> {
    let person = service::person(tx, modules, request)?.ok_or(Error::NotFound("person"))?;
    let labels = (person.kind.fields)(tx, person.id())?;
    let rows = store::corrections(tx, request.id)?;
    let wanted: Vec<Correction> =
        rows.iter().map(|row| Correction { field: row.field.clone(), value: row.after.clone() }).collect();
    (person.kind.correct)(tx, person.id(), &wanted)?;
    store::mark_corrected(tx, request.id)?;
    let names: Vec<&str> = rows
        .iter()
        .map(|row| labels.iter().find(|field| field.name == row.field).map_or(row.field.as_str(), |f| f.label.as_str()))
        .collect();
    Ok(format!("These fields were corrected: {}.", names.join(", ")))
}
