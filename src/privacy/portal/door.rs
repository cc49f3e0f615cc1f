//! `/p/{slug}/your-data`: who comes in shows an address, or a code on paper.

use askama::Template;
use serde::Deserialize;

use super::service;
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::gate::{self, PublicWorkspace};
use crate::jobs;
use crate::mail::jobs::DELIVER;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::{PortalCode, Until};
use crate::members::throttle::{self, Attempt, Guess};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/p/{slug}/your-data", Access::Public, show),
    Route::post("/p/{slug}/your-data", Access::Public, send),
    Route::post("/p/{slug}/your-data/code", Access::Public, enter),
    Route::get("/p/{slug}/your-data/paper", Access::Public, show_paper),
    Route::post("/p/{slug}/your-data/paper", Access::Public, enter_paper),
];

const TITLE: &str = "Your data";

/// The workspace of the page.
pub(super) fn place(request: &Request) -> Result<PublicWorkspace, Error> {
    gate::for_public(&request.app, &request.param::<String>("slug")?)
}

/// Where the visitor goes once they are in.
pub(super) fn room(place: &PublicWorkspace) -> String {
    format!("/p/{}/your-data/held", place.slug)
}

pub(super) fn entrance(place: &PublicWorkspace) -> String {
    format!("/p/{}/your-data", place.slug)
}

#[derive(Template)]
#[template(path = "privacy/portal/door.html")]
struct Door {
    workspace: String,
    here: String,
    address: String,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "privacy/portal/code.html")]
struct Code {
    workspace: String,
    here: String,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "privacy/portal/paper.html")]
struct Paper {
    workspace: String,
    here: String,
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressForm {
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeForm {
    #[serde(default)]
    code: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let place = place(request)?;
    let browser = request.cookie_or_fresh();
    if place.workspace.file.read(request.now(), |db| service::visit(db, browser))?.is_some() {
        return Ok(Reply::see_other(room(&place)));
    }
    let page =
        Door { workspace: place.name.clone(), here: entrance(&place), address: String::new(), errors: Vec::new() };
    request.open_page(TITLE, &page)
}

/// The same page, with what is wrong.
fn again(
    request: &Request,
    error: Error,
    page: impl FnOnce(Vec<FieldError>) -> Result<Reply, Error>,
) -> Result<Reply, Error> {
    request.cookie_or_fresh();
    match error {
        Error::Invalid(errors) => Ok(page(errors)?.status(422)),
        Error::TooMany(seconds) => {
            let wait = throttle::wait_in_words(seconds);
            let message = format!("Too many tries. Wait {wait}, then try again.");
            Ok(page(vec![FieldError::new("code", "too_many", message)])?.status(429))
        }
        error => Err(error),
    }
}

fn send(request: &Request) -> Result<Reply, Error> {
    let place = place(request)?;
    let AddressForm { email } = request.form()?;
    let sent = mail_code(request, &place, &email);
    let page = |errors| Code { workspace: place.name.clone(), here: entrance(&place), errors };
    match sent {
        // No redirect: the address would have to stand in it.
        Ok(()) => request.open_page(TITLE, &page(Vec::new())),
        Err(error) => again(request, error, |errors| {
            let page = Door { workspace: place.name.clone(), here: entrance(&place), address: email, errors };
            request.open_page(TITLE, &page)
        }),
    }
}

/// Every address gets one: what is held, or that nothing is, stands behind the code.
fn mail_code(request: &Request, place: &PublicWorkspace, email: &str) -> Result<(), Error> {
    let app = &request.app;
    let file = &place.workspace.file;
    let address = file.read(request.now(), |db| service::normalise(db, app.modules, email))?;
    let address = address
        .ok_or_else(|| Error::field("email", "invalid_email", "Enter your email address, like name@example.com."))?;
    let attempt = Attempt { guess: Guess::Mail, name: &address, address: request.head.address, known: false };
    throttle::count(app, &request.origin(), &attempt)?;
    let key = place.workspace.file.blind_index()?.clone();
    let code = file
        .write(request.now(), &request.origin(), |tx| service::begin(tx, &key, request.cookie_or_fresh(), &address))?;
    let until = Until::new(request.now().plus(super::CODE_MS), jiff::tz::TimeZone::UTC);
    let content = PortalCode { site: &app.config.host_name(), workspace: &place.name, code: &code, until }.content()?;
    request.write_control(|tx| {
        let recipient = Recipient { address: &address, whom: Whom::Requester, workspace: Some(place.workspace.id) };
        queue::add(tx, &app.mailer, recipient, &content)?;
        audit::record(tx, Event::new("privacy.portal.code_mailed").in_workspace(place.workspace.id))
    })?;
    jobs::ask(app, &DELIVER, None)
}

fn enter(request: &Request) -> Result<Reply, Error> {
    let place = place(request)?;
    let CodeForm { code } = request.form()?;
    let entered = try_code(request, &place, &code, service::enter);
    answer(request, &place, entered, |errors| {
        request.open_page(TITLE, &Code { workspace: place.name.clone(), here: entrance(&place), errors })
    })
}

fn show_paper(request: &Request) -> Result<Reply, Error> {
    let place = place(request)?;
    request.cookie_or_fresh();
    request.open_page(TITLE, &Paper { workspace: place.name.clone(), here: entrance(&place), errors: Vec::new() })
}

fn enter_paper(request: &Request) -> Result<Reply, Error> {
    let place = place(request)?;
    let CodeForm { code } = request.form()?;
    let entered = try_code(request, &place, &code, service::enter_printed);
    answer(request, &place, entered, |errors| {
        request.open_page(TITLE, &Paper { workspace: place.name.clone(), here: entrance(&place), errors })
    })
}

type Enter = fn(
    &crate::db::Tx,
    &'static [&'static crate::module::Module],
    &crate::crypto::Key,
    &str,
    &str,
) -> Result<Option<super::Visit>, Error>;

fn try_code(request: &Request, place: &PublicWorkspace, code: &str, enter: Enter) -> Result<bool, Error> {
    let app = &request.app;
    if code.trim().is_empty() {
        return Err(Error::field("code", "required", "Enter the code."));
    }
    let attempt = Attempt { guess: Guess::Link, name: "", address: request.head.address, known: false };
    throttle::count(app, &request.origin(), &attempt)?;
    let key = place.workspace.file.blind_index()?.clone();
    let visit = place
        .workspace
        .file
        .write(request.now(), &request.origin(), |tx| enter(tx, app.modules, &key, request.cookie_or_fresh(), code))?;
    if visit.is_some() {
        let control = &app.control_keys.workspace.blind_index;
        app.control
            .write_unaudited(request.now(), &request.origin(), |tx| throttle::take_back(tx, control, &attempt))?;
    }
    Ok(visit.is_some())
}

fn answer(
    request: &Request,
    place: &PublicWorkspace,
    entered: Result<bool, Error>,
    page: impl FnOnce(Vec<FieldError>) -> Result<Reply, Error>,
) -> Result<Reply, Error> {
    match entered {
        Ok(true) => Ok(Reply::see_other(room(place))),
        Ok(false) => {
            let message = "This code does not fit. A mailed code works for 10 minutes and five tries, in the browser \
                           where you asked for it; a code on paper works once, within 14 days.";
            again(request, Error::field("code", "wrong", message), page)
        }
        Err(error) => again(request, error, page),
    }
}

/// How long a mailed code works, in minutes: for the pages.
pub(super) const CODE_MINUTES: i64 = super::CODE_MS / Timestamp::MINUTE;
