//! `/reset`: choosing a new password with a link by mail (AUT-8). The second step stays as it is.

use askama::Template;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::link::{dead, forgive_password, sent_page};
use super::secrets::{self, Kind};
use super::{again, door, even_out, visitor_account, write_as};
use crate::clock::Stopwatch;
use crate::error::{Error, FieldError};
use crate::jobs;
use crate::mail::jobs::DELIVER;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::PasswordReset;
use crate::members::accounts::{self, Account, service::until};
use crate::members::throttle::{self, Attempt, Guess};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, cookie, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/reset", Access::Public, show),
    Route::post("/reset", Access::Public, submit),
    Route::get("/reset/sent", Access::Public, sent),
    Route::get("/reset/choose", Access::Public, open),
    Route::post("/reset/choose", Access::Public, choose),
];

const ASK: &str = "Choose a new password";

#[derive(Template)]
#[template(path = "members/sign_in/reset/new.html")]
struct New {
    email: String,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "members/sign_in/reset/choose.html")]
struct Choose {
    token: String,
    email: String,
    two_step: bool,
    errors: Vec<FieldError>,
}

impl Choose {
    fn password_hint(&self) -> &'static str {
        accounts::password_hint(self.two_step)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskForm {
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
struct Opened {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChooseForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
    /// Filled in by the browser for password managers; what counts is the account of the link.
    #[serde(default, rename = "email")]
    _email: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    door(request, ASK, &New { email: String::new(), errors: Vec::new() })
}

fn submit(request: &Request) -> Result<Reply, Error> {
    let watch = Stopwatch::start();
    let AskForm { email } = request.form()?;
    let result = send(request, &email);
    even_out(watch);
    match result {
        Ok(()) => Ok(Reply::see_other("/reset/sent")),
        Err(error) => again(request, ASK, error, |errors| New { email, errors }),
    }
}

fn send(request: &Request, email: &str) -> Result<(), Error> {
    let app = &request.app;
    let email = accounts::read_email("email", email)?;
    let attempt = Attempt { guess: Guess::Mail, name: &email, address: request.head.address, known: false };
    throttle::count(app, &request.origin(), &attempt)?;
    request.write_control(|tx| {
        let (account, _) = visitor_account(tx, request, &email)?;
        let event = Event::new("members.mail.asked").detail("mail", "password_reset");
        let Some(account) = account.filter(|account| account.is_active) else {
            return audit::record(tx, event.detail("account", "unknown"));
        };
        let token = secrets::issue_link(tx, Kind::PasswordReset, Some(&account), Some(&account.email))?;
        let link = app.public_url(&format!("/reset/choose?token={}", *token.text));
        let until = until(tx.now.plus(Kind::PasswordReset.lifetime()), &account);
        let content = PasswordReset { site: &app.config.host_name(), link: &link, until }.content()?;
        queue::add(
            tx,
            &app.mailer,
            Recipient { address: &account.email, whom: Whom::Account(account.id), workspace: None },
            &content,
        )?;
        audit::record(tx, event.on("account", account.id))
    })?;
    jobs::ask(app, &DELIVER, None)
}

fn sent(request: &Request) -> Result<Reply, Error> {
    sent_page(
        request,
        "If the address has an account here, a mail with a link is on its way. The link works once, for 30 minutes.",
        "/reset",
    )
}

fn dead_link(request: &Request) -> Result<Reply, Error> {
    let why = "It was used already, its 30 minutes are over, or the password has changed since.";
    dead(request, why, "/reset", "Ask for a new link")
}

/// Whose password the link is good for.
fn account_of(request: &Request, token: &str) -> Result<Option<Account>, Error> {
    request.read_control(|db| {
        let found = secrets::find_link(db, Kind::PasswordReset, token)?;
        found.and_then(|secret| secret.account).map(|id| accounts::find(db, id)).transpose()
    })
}

fn page(account: &Account, token: String, errors: Vec<FieldError>) -> Choose {
    let two_step = account.has_second_factor;
    Choose { token, email: account.email.clone(), two_step, errors }
}

fn open(request: &Request) -> Result<Reply, Error> {
    let Opened { token } = request.query()?;
    match account_of(request, &token)? {
        Some(account) => door(request, ASK, &page(&account, token, Vec::new())),
        None => dead_link(request),
    }
}

fn choose(request: &Request) -> Result<Reply, Error> {
    let app = &request.app;
    let ChooseForm { token, password, .. } = request.form()?;
    let password = Zeroizing::new(password);
    let attempt = Attempt { guess: Guess::Link, name: "", address: request.head.address, known: false };
    throttle::count(app, &request.origin(), &attempt)?;
    let Some(account) = account_of(request, &token)? else { return dead_link(request) };
    let about = [account.email.as_str(), account.display_name.as_str()];
    let hashed = match accounts::hash_password(app, "password", &password, account.has_second_factor, &about) {
        Ok(hashed) => hashed,
        Err(error) => return again(request, ASK, error, |errors| page(&account, token, errors)),
    };
    let is_done = write_as(request, account.id, |tx| {
        if secrets::use_link(tx, Kind::PasswordReset, &token)?.is_none() {
            return Ok(false);
        }
        accounts::verify_email(tx, account.id)?;
        accounts::set_password(tx, account.id, &hashed, None)?;
        throttle::take_back(tx, &app.control_keys.workspace.blind_index, &attempt)?;
        forgive_password(tx, request, &account.email)?;
        accounts::service::tell_of_change(tx, app, &account, &account.email, "Your password was changed.")?;
        Ok(true)
    })?;
    if !is_done {
        return dead_link(request);
    }
    jobs::ask(app, &DELIVER, None)?;
    Ok(Reply::see_other("/sign-in").toast("password-changed").with_cookie(cookie::clear()))
}
