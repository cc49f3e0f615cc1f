//! `/sign-in/code`: a code by mail, for those who read their mail on another device than this.

use askama::Template;
use serde::Deserialize;

use super::password::{Query, record_failure};
use super::secrets::{self, Kind};
use super::{again, door, even_out, let_in, link, visitor_account, welcome, with_next, write_as};
use crate::clock::Stopwatch;
use crate::error::{Error, FieldError};
use crate::jobs;
use crate::mail::jobs::DELIVER;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::SignInCode;
use crate::members::accounts::{self, Account, service::until};
use crate::members::sessions::Method;
use crate::members::throttle::{self, Attempt, Guess};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/sign-in/code", Access::Public, show),
    Route::post("/sign-in/code", Access::Public, submit),
    Route::get("/sign-in/code/enter", Access::Public, show_enter),
    Route::post("/sign-in/code/enter", Access::Public, enter),
];

const ASK: &str = "Sign in with a code";
const ENTER: &str = "Enter the code from the mail";

#[derive(Template)]
#[template(path = "members/sign_in/code/new.html")]
struct New {
    email: String,
    next: String,
    back: String,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "members/sign_in/code/enter.html")]
struct Enter {
    email: String,
    next: String,
    another: String,
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnterForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

fn new_page(email: String, next: String, errors: Vec<FieldError>) -> New {
    New { email, back: with_next("/sign-in", &next), next, errors }
}

fn enter_page(email: String, next: String, errors: Vec<FieldError>) -> Enter {
    Enter { email, another: with_next("/sign-in/code", &next), next, errors }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let Query { next } = request.query()?;
    door(request, ASK, &new_page(String::new(), request.next_or(&next, ""), Vec::new()))
}

fn submit(request: &Request) -> Result<Reply, Error> {
    let watch = Stopwatch::start();
    let AskForm { email, next } = request.form()?;
    let next = request.next_or(&next, "");
    let result = send(request, &email);
    even_out(watch);
    match result {
        // No redirect: the address would have to stand in it, and addresses end up in logs.
        Ok(email) => door(request, ENTER, &enter_page(email, next, Vec::new())),
        Err(error) => again(request, ASK, error, |errors| new_page(email, next, errors)),
    }
}

fn send(request: &Request, email: &str) -> Result<String, Error> {
    let app = &request.app;
    let email = accounts::read_email("email", email)?;
    let attempt = Attempt { guess: Guess::Mail, name: &email, address: request.head.address, known: false };
    throttle::count(app, &request.origin(), &attempt)?;
    request.write_control(|tx| {
        let (account, _) = visitor_account(tx, request, &email)?;
        match account.filter(|account| account.is_active) {
            Some(account) => mail_code(tx, request, &account, Kind::SignInCode),
            None => {
                let event = Event::new("members.mail.asked").detail("mail", Kind::SignInCode.word());
                audit::record(tx, event.detail("account", "unknown"))
            }
        }
    })?;
    jobs::ask(app, &DELIVER, None)?;
    Ok(email)
}

/// Queues a mail with a fresh code that works in this browser.
pub(super) fn mail_code(tx: &crate::db::Tx, request: &Request, account: &Account, kind: Kind) -> Result<(), Error> {
    let app = &request.app;
    let code = secrets::issue_code(tx, app, kind, account, request.cookie_or_fresh())?;
    let until = until(tx.now.plus(kind.lifetime()), account);
    let content = SignInCode { site: &app.config.host_name(), code: &code, until }.content()?;
    queue::add(
        tx,
        &app.mailer,
        Recipient { address: &account.email, whom: Whom::Account(account.id), workspace: None },
        &content,
    )?;
    audit::record(tx, Event::new("members.mail.asked").detail("mail", kind.word()).on("account", account.id))
}

fn show_enter(request: &Request) -> Result<Reply, Error> {
    let Query { next } = request.query()?;
    door(request, ENTER, &enter_page(String::new(), request.next_or(&next, ""), Vec::new()))
}

fn enter(request: &Request) -> Result<Reply, Error> {
    let EnterForm { email, code, next } = request.form()?;
    match sign_in(request, &email, &code) {
        Ok((account, fresh)) => Ok(welcome(request, &account, &fresh, &next)),
        Err(error) => again(request, ENTER, error, |errors| enter_page(email, request.next_or(&next, ""), errors)),
    }
}

fn sign_in(request: &Request, email: &str, code: &str) -> Result<(Account, String), Error> {
    let app = &request.app;
    if code.trim().is_empty() {
        return Err(Error::field("code", "required", "Enter the code from the mail."));
    }
    let email = accounts::read_email("email", email)?;
    let (account, known) = request.read_control(|db| visitor_account(db, request, &email))?;
    let attempt = Attempt { guess: Guess::MailedCode, name: &email, address: request.head.address, known };
    throttle::count(app, &request.origin(), &attempt)?;
    let entered = match &account {
        Some(account) => write_as(request, account.id, |tx| {
            if !secrets::use_code(tx, app, Kind::SignInCode, account.id, request.cookie_or_fresh(), code)? {
                record_failure(tx, Some(account), "code")?;
                return Ok(None);
            }
            accounts::verify_email(tx, account.id)?;
            throttle::take_back(tx, &app.control_keys.workspace.blind_index, &attempt)?;
            link::forgive_password(tx, request, &account.email)?;
            let_in(request, tx, account, Method::Code).map(Some)
        })?,
        None => {
            request.write_control(|tx| record_failure(tx, None, "code"))?;
            None
        }
    };
    match (account, entered) {
        (Some(account), Some(fresh)) => Ok((account, fresh)),
        _ => Err(Error::field(
            "code",
            "wrong",
            "This code does not fit. It works for 10 minutes, five tries, in the browser where you asked for it.",
        )),
    }
}
