//! What the buttons and forms of a request do. What is wrong is said above the request, as it then stands.

use jiff::civil::Date;
use serde::Deserialize;

use super::choosing::{self, Choices};
use super::{
    Check, Ground, KeepGround, Kind, Request as Asked, ToldBy, deadlines, entering, execution, letters, service, show,
};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Error, FieldError};
use crate::id::SubjectRequestId;
use crate::module::Correction;
use crate::permission::Area;
use crate::privacy::restriction;
use crate::web::{Reply, Request};

/// Stands in a form for all direct marketing, which has no key.
pub(super) const ALL_MARKETING: &str = "-";

/// Does something to the request of the address and shows it again.
fn act(
    request: &Request,
    toast: &'static str,
    work: impl FnOnce(&Tx, SubjectRequestId) -> Result<(), Error>,
) -> Result<Reply, Error> {
    let id: SubjectRequestId = request.param("id")?;
    match request.write(|tx| work(tx, id)) {
        Ok(()) => Ok(Reply::see_other(format!("{}/{id}", request.url("/privacy/requests"))).toast(toast)),
        Err(Error::Invalid(errors)) => show::with_errors(request, id, errors),
        // The state moved on since the page was opened, or a rule forbids it: both are said in words.
        Err(Error::Conflict(words)) => show::with_errors(request, id, vec![FieldError::new("", "conflict", words)]),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    #[serde(default)]
    note: String,
}

pub(super) fn link_person(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        person: i64,
    }
    let form: Form = request.form()?;
    let kind = entering::person_kind(request)?;
    act(request, "saved", |tx, id| service::link_person(tx, id, kind, form.person))
}

pub(super) fn assign(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        assignee: String,
    }
    let form: Form = request.form()?;
    let assignee = entering::assignee(request, &form.assignee)?;
    act(request, "saved", |tx, id| service::assign(tx, request.app.modules, id, assignee))
}

pub(super) fn check(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        check: String,
        method: String,
        passed: bool,
        #[serde(default)]
        note: String,
    }
    let form: Form = request.form()?;
    let check = Check::from_word(&form.check).ok_or(Error::NotFound("check"))?;
    act(request, "saved", |tx, id| service::record_check(tx, id, check, form.passed, &form.method, &form.note))
}

pub(super) fn approve(request: &Request) -> Result<Reply, Error> {
    let form: Note = request.form()?;
    act(request, "request-approved", |tx, id| service::approve(tx, id, &form.note))
}

pub(super) fn deny(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        ground: String,
        #[serde(default)]
        reason: String,
    }
    let form: Form = request.form()?;
    act(request, "request-refused", |tx, id| service::deny(tx, id, Ground::from_word(&form.ground), &form.reason))
}

pub(super) fn cancel(request: &Request) -> Result<Reply, Error> {
    let form: Note = request.form()?;
    act(request, "saved", |tx, id| service::cancel(tx, id, &form.note))
}

pub(super) fn ask(request: &Request) -> Result<Reply, Error> {
    let form: Note = request.form()?;
    act(request, "saved", |tx, id| service::ask(tx, id, &form.note))
}

pub(super) fn resume(request: &Request) -> Result<Reply, Error> {
    let form: Note = request.form()?;
    act(request, "saved", |tx, id| service::resume(tx, id, &form.note))
}

/// What is chosen before it is carried out.
#[derive(Default)]
struct StartForm {
    ground: String,
    purposes: Vec<String>,
}

impl StartForm {
    /// A box that is ticked sends `purpose` once more.
    fn read(request: &Request) -> Result<StartForm, Error> {
        let mut form = StartForm::default();
        for (name, value) in request.form_pairs()? {
            match name.as_str() {
                "ground" => form.ground = value,
                "purpose" => form.purposes.push(value),
                _ => {
                    let message = format!("There is no field {name} here.");
                    return Err(Error::field(name, "unknown_field", message));
                }
            }
        }
        Ok(form)
    }

    /// A page always asks; where nothing can be chosen, a member says what was done.
    fn choices(&self, tx: &Tx, request: &Request, asked: &Asked) -> Result<Choices, Error> {
        let person = service::person(tx, request.app.modules, asked)?;
        let is_offered = match &person {
            Some(person) => !choosing::possible(tx, person, asked.kind)?.is_empty(),
            None => false,
        };
        // What whoever ticks a box means by all direct marketing has no key.
        let key = |value: &String| if value == ALL_MARKETING { String::new() } else { value.clone() };
        let ground = restriction::Ground::from_word(&self.ground);
        if asked.kind == Kind::Restriction && ground.is_none() {
            return Err(Error::field("ground", "required", "Choose on which ground their data is restricted."));
        }
        Ok(Choices { ground, purposes: is_offered.then(|| self.purposes.iter().map(key).collect()) })
    }
}

/// Handing out and erasing are rights of their own.
pub(super) fn start(request: &Request) -> Result<Reply, Error> {
    let form = StartForm::read(request)?;
    let reply = act(request, "request-started", |tx, id| {
        let asked = service::get(tx, id)?;
        if !request.may(asked.kind.execution_needs(), Area::Privacy) {
            return Err(Error::Forbidden);
        }
        execution::start(tx, request.app.modules, id, &form.choices(tx, request, &asked)?)
    })?;
    ring(request)?;
    Ok(reply)
}

/// Wakes the jobs that go on with the request.
fn ring(request: &Request) -> Result<(), Error> {
    let id: SubjectRequestId = request.param("id")?;
    let kind = request.read(|db| service::get(db, id))?.kind;
    execution::ring(&request.app, request.member()?.workspace_id(), kind)
}

pub(super) fn erase(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let id: SubjectRequestId = request.param("id")?;
    let is_out = is_answer_out(request, id)?;
    let reply = act(request, "erasure-begun", |tx, id| execution::erase(tx, request.app.modules, id, is_out))?;
    ring(request)?;
    Ok(reply)
}

/// True when no letter of the request waits to leave.
pub(super) fn is_answer_out(request: &Request, id: SubjectRequestId) -> Result<bool, Error> {
    for letter in request.read(|db| letters::of_request(db, id))? {
        if !letters::post::is_out(&request.app, &letter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn complete(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[serde(default)]
        done: String,
    }
    let form: Form = request.form()?;
    act(request, "request-done", |tx, id| service::complete(tx, id, &form.done))
}

pub(super) fn keep(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        item: String,
        ground: String,
        until: String,
    }
    let form: Form = request.form()?;
    act(request, "saved", |tx, id| {
        let zone = service::get(tx, id)?.zone();
        let until = form.until.trim().parse::<Date>().ok().map(|day| deadlines::end_of(day, &zone));
        service::keep(tx, id, &form.item, KeepGround::from_word(&form.ground), until.filter(|at| *at > Timestamp(0)))
            .map(drop)
    })
}

/// Each field of the form that begins with `field/` is what that field is to hold.
pub(super) fn propose(request: &Request) -> Result<Reply, Error> {
    let pairs = request.form_pairs()?;
    let wanted: Vec<Correction> = pairs
        .into_iter()
        .filter_map(|(name, value)| {
            let field = name.strip_prefix("field/")?.to_owned();
            Some(Correction { field, value })
        })
        .collect();
    act(request, "saved", |tx, id| execution::propose(tx, request.app.modules, id, &wanted))
}

pub(super) fn add_recipient(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[serde(default)]
        recipient: String,
    }
    let form: Form = request.form()?;
    act(request, "saved", |tx, id| service::add_recipient(tx, id, &form.recipient).map(drop))
}

pub(super) fn tell_recipient(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        told_by: String,
    }
    let form: Form = request.form()?;
    let recipient: i64 = request.param("recipient")?;
    act(request, "saved", |tx, id| service::tell_recipient(tx, id, recipient, ToldBy::from_word(&form.told_by)))
}
