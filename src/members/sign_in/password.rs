//! `/sign-in` with address and password, and `/sign-out`.

use askama::Template;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{again, door, let_in, visitor_account, welcome, with_next, write_as};
use crate::db::Tx;
use crate::error::{Error, FieldError};
use crate::members::accounts::{self, Account};
use crate::members::sessions::{self, Method};
use crate::members::throttle::{self, Attempt, Guess};
use crate::privacy::audit::{self, Event};
use crate::visitor::Visitor;
use crate::web::{Access, Reply, Request, Route, cookie, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/sign-in", Access::Public, show),
    Route::post("/sign-in", Access::Public, submit),
    Route::post("/sign-out", Access::HalfSignedIn, sign_out),
];

const TITLE: &str = "Sign in";

#[derive(Template)]
#[template(path = "members/sign_in/password.html")]
struct Page {
    email: String,
    next: String,
    /// The same page for links, with the way on kept.
    link: String,
    code: String,
    errors: Vec<FieldError>,
}

impl Page {
    fn new(email: String, next: String, errors: Vec<FieldError>) -> Page {
        Page { link: with_next("/sign-in/link", &next), code: with_next("/sign-in/code", &next), email, next, errors }
    }
}

/// What the pages of the door take from their address.
#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    pub next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let Query { next } = request.query()?;
    match request.visitor {
        Visitor::Account(_) => return Ok(Reply::see_other(request.next_or(&next, "/"))),
        Visitor::HalfSignedIn(_) => return Ok(Reply::see_other(with_next("/sign-in/second-step", &next))),
        _ => {}
    }
    if request.read_control(accounts::count)? == 0 {
        return Ok(Reply::see_other("/"));
    }
    door(request, TITLE, &Page::new(String::new(), request.next_or(&next, ""), Vec::new()))
}

fn submit(request: &Request) -> Result<Reply, Error> {
    let Form { email, password, next } = request.form()?;
    let password = Zeroizing::new(password);
    match sign_in(request, &email, &password) {
        Ok((account, fresh)) => Ok(welcome(request, &account, &fresh, &next)),
        Err(error) => again(request, TITLE, error, |errors| Page::new(email, request.next_or(&next, ""), errors)),
    }
}

/// One attempt. Unknown, disabled and wrong cost the same and say the same (AUT-4).
fn sign_in(request: &Request, email: &str, password: &str) -> Result<(Account, String), Error> {
    let mut missing = Vec::new();
    if email.trim().is_empty() {
        missing.push(FieldError::new("email", "required", "Enter your email address."));
    }
    if password.is_empty() {
        missing.push(FieldError::new("password", "required", "Enter your password."));
    }
    if !missing.is_empty() {
        return Err(Error::Invalid(missing));
    }
    let app = &request.app;
    let email = accounts::read_email("email", email)?;
    let (account, known, stored) = request.read_control(|db| {
        let (account, known) = visitor_account(db, request, &email)?;
        let stored = accounts::service::password_hash_of(db, &email)?;
        Ok((account, known, stored))
    })?;
    let attempt = Attempt { guess: Guess::Password, name: &email, address: request.head.address, known };
    throttle::count(app, &request.origin(), &attempt)?;
    let is_right = match &stored {
        Some(stored) => app.passwords.verify(password, stored)?,
        None => {
            app.passwords.verify_nobody(password)?;
            false
        }
    };
    let wrong = || {
        request.write_control(|tx| record_failure(tx, account.as_ref(), "password"))?;
        Err(Error::field(
            "password",
            "wrong",
            "This address and this password do not belong together. Check both, or ask for a link by mail.",
        ))
    };
    let Some(account) = account.as_ref().filter(|account| is_right && account.is_active) else { return wrong() };
    // The cost was raised since the password was set: now is the one moment when it can be hashed anew.
    let renewed =
        stored.filter(|stored| app.passwords.needs_rehash(stored)).map(|_| app.passwords.hash(password)).transpose()?;
    let entered = write_as(request, account.id, |tx| {
        // Hashing took its time: who changed the password meanwhile has ended every session that began with the old one.
        let now = accounts::find(tx, account.id)?;
        if now.password_changed_at != account.password_changed_at {
            return Ok(None);
        }
        if let Some(hash) = &renewed {
            accounts::service::rehash(tx, account.id, hash)?;
        }
        throttle::take_back(tx, &app.control_keys.workspace.blind_index, &attempt)?;
        Ok(Some((let_in(request, tx, &now, Method::Password)?, now)))
    })?;
    match entered {
        Some((fresh, account)) => Ok((account, fresh)),
        None => wrong(),
    }
}

/// Writes a failed attempt down. What was typed is not kept: it may be anything, a password in the wrong field too.
pub(super) fn record_failure(tx: &Tx, account: Option<&Account>, method: &str) -> Result<(), Error> {
    let event = Event::new("members.sign_in.failed").detail("method", method);
    let event = match account {
        Some(account) => event.on("account", account.id),
        None => event.detail("account", "unknown"),
    };
    audit::record(tx, event)
}

fn sign_out(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let signed = request.signed()?;
    request.write_control(|tx| sessions::end(tx, signed.account, signed.session))?;
    Ok(Reply::see_other("/sign-in").toast("signed-out").with_cookie(cookie::clear()))
}
