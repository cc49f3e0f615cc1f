//! `/account/confirm`: a fresh proof of who asks, before something that matters (AUT-7).

use askama::Template;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::code::mail_code;
use super::secrets::{self, Kind};
use super::{again, with_next};
use crate::error::{Error, FieldError};
use crate::jobs;
use crate::mail::jobs::DELIVER;
use crate::members::accounts::{self, Account};
use crate::members::second_factor;
use crate::members::sessions;
use crate::members::throttle::{self, Attempt, Guess};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, cookie, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/account/confirm", Access::Account, show),
    Route::post("/account/confirm", Access::Account, submit),
    Route::post("/account/confirm/mail", Access::Account, mail),
];

const TITLE: &str = "Confirm that it is you";

/// How somebody proves again who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Password,
    App,
    Mail,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Way::Password => "password",
            Way::App => "app",
            Way::Mail => "mail",
        }
    }

    /// What this account can use; what it is asked for first stands first.
    fn of(account: &Account) -> Vec<Way> {
        match (account.has_second_factor, account.has_password) {
            (true, true) => vec![Way::App, Way::Password],
            (true, false) => vec![Way::App],
            (false, true) => vec![Way::Password],
            (false, false) => vec![Way::Mail],
        }
    }
}

#[derive(Template)]
#[template(path = "members/sign_in/confirm.html")]
struct Page {
    way: &'static str,
    email: String,
    next: String,
    /// The other way, where there is one: its address and its words.
    other: Option<(String, &'static str)>,
    /// A code was just mailed.
    is_mailed: bool,
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    next: String,
    #[serde(default)]
    with: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    with: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

fn account(request: &Request) -> Result<Account, Error> {
    let id = request.signed()?.account;
    request.read_control(|db| accounts::find(db, id))
}

fn chosen(account: &Account, word: &str) -> Way {
    let ways = Way::of(account);
    ways.iter().copied().find(|way| way.word() == word).unwrap_or(ways[0])
}

fn page(account: &Account, way: Way, next: &str, is_mailed: bool, errors: Vec<FieldError>) -> Page {
    let other = Way::of(account).into_iter().find(|other| *other != way).map(|other| {
        let path = with_next("/account/confirm", next);
        let join = if path.contains('?') { '&' } else { '?' };
        let words =
            if other == Way::Password { "Use your password instead" } else { "Use your authenticator app instead" };
        (format!("{path}{join}with={}", other.word()), words)
    });
    Page { way: way.word(), email: account.email.clone(), next: next.to_owned(), other, is_mailed, errors }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let Query { next, with } = request.query()?;
    let account = account(request)?;
    let way = chosen(&account, &with);
    request.page(TITLE, &page(&account, way, &request.next_or(&next, "/"), false, Vec::new()))
}

fn mail(request: &Request) -> Result<Reply, Error> {
    let Form { next, .. } = request.form()?;
    let next = request.next_or(&next, "/");
    let account = account(request)?;
    let way = chosen(&account, Way::Mail.word());
    if way != Way::Mail {
        return Err(Error::NotFound("page"));
    }
    let attempt = Attempt { guess: Guess::Mail, name: &account.email, address: request.head.address, known: true };
    let sent = throttle::count(&request.app, &request.origin(), &attempt)
        .and_then(|()| request.write_control(|tx| mail_code(tx, request, &account, Kind::ConfirmCode)))
        .and_then(|()| jobs::ask(&request.app, &DELIVER, None));
    match sent {
        Ok(()) => request.page(TITLE, &page(&account, way, &next, true, Vec::new())),
        Err(error) => again(request, TITLE, error, |errors| page(&account, way, &next, false, errors)),
    }
}

fn submit(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let (password, code) = (Zeroizing::new(form.password), form.code);
    let next = request.next_or(&form.next, "/");
    let account = account(request)?;
    let way = chosen(&account, &form.with);
    let typed = if way == Way::Password { password.as_str() } else { code.as_str() };
    match prove(request, &account, way, typed) {
        Ok(fresh) => Ok(Reply::see_other(next).with_cookie(cookie::set(&fresh))),
        Err(error) => again(request, TITLE, error, |errors| page(&account, way, &next, way == Way::Mail, errors)),
    }
}

/// One attempt; gives the session's new cookie.
fn prove(request: &Request, account: &Account, way: Way, typed: &str) -> Result<String, Error> {
    let app = &request.app;
    let field = if way == Way::Password { "password" } else { "code" };
    if typed.trim().is_empty() {
        let words = if way == Way::Password { "Enter your password." } else { "Enter the code." };
        return Err(Error::field(field, "required", words));
    }
    let name = account.id.to_string();
    let attempt = Attempt { guess: Guess::Proof, name: &name, address: request.head.address, known: true };
    throttle::count(app, &request.origin(), &attempt)?;
    let password_fits = match way {
        Way::Password => {
            let stored = request.read_control(|db| accounts::service::password_hash(db, account.id))?;
            stored.map(|stored| app.passwords.verify(typed, &stored)).transpose()?.unwrap_or(false)
        }
        _ => false,
    };
    let session = request.signed()?.session;
    let fresh = cookie::fresh();
    let is_right = request.write_control(|tx| {
        let is_right = match way {
            Way::Password => password_fits,
            // Somebody who lost the app must be able to turn it off: a code on paper does as well.
            Way::App => {
                second_factor::use_code(tx, app, account.id, typed)?
                    || second_factor::use_recovery_code(tx, app, account.id, typed)?
            }
            Way::Mail => secrets::use_code(tx, app, Kind::ConfirmCode, account.id, request.cookie_or_fresh(), typed)?,
        };
        if !is_right {
            let event = Event::new("members.session.not_confirmed").on("account", account.id);
            audit::record(tx, event.detail("method", way.word()))?;
            return Ok(false);
        }
        throttle::take_back(tx, &app.control_keys.workspace.blind_index, &attempt)?;
        sessions::confirm(tx, account.id, session, &fresh, way.word(), way == Way::App)?;
        Ok(true)
    })?;
    match (is_right, way) {
        (true, _) => Ok(fresh),
        (false, Way::Password) => Err(Error::field(field, "wrong", "This is not your password. Type it again.")),
        (false, Way::App) => Err(Error::field(
            field,
            "wrong",
            "This code does not fit. Type the one your app shows now; each works once.",
        )),
        (false, Way::Mail) => Err(Error::field(
            field,
            "wrong",
            "This code does not fit. Ask for a new one if it is older than 10 minutes.",
        )),
    }
}
