//! `/account/email`: another address. It counts once a link that went there is opened.

use askama::Template;
use serde::Deserialize;

use crate::error::{Error, FieldError};
use crate::jobs;
use crate::mail::jobs::DELIVER;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::EmailChange;
use crate::members::accounts::{self, Account, service::until};
use crate::members::sign_in::secrets::{self, Kind, Secret};
use crate::members::sign_in::{again, door, write_as};
use crate::members::throttle::{self, Attempt, Guess};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/account/email", Access::Account, show).step_up(),
    Route::post("/account/email", Access::Account, submit).step_up(),
    Route::get("/account/email/confirm", Access::Public, open),
    Route::post("/account/email/confirm", Access::Public, confirm),
];

const TITLE: &str = "Email address";

#[derive(Template)]
#[template(path = "members/accounts/email.html")]
struct Page {
    current: String,
    email: String,
    /// Where a link was just sent.
    sent: bool,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "members/accounts/email_confirm.html")]
struct Confirm {
    /// `None`: the link is dead.
    email: Option<String>,
    token: String,
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
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
struct ConfirmForm {
    #[serde(default)]
    token: String,
}

fn account(request: &Request) -> Result<Account, Error> {
    let id = request.signed()?.account;
    request.read_control(|db| accounts::find(db, id))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let current = account(request)?.email;
    let page = Page { current, email: String::new(), sent: false, errors: Vec::new() };
    request.page_below(TITLE, &[("Security", "/account/security")], &page)
}

fn submit(request: &Request) -> Result<Reply, Error> {
    let Form { email } = request.form()?;
    let account = account(request)?;
    match send(request, &account, &email) {
        Ok(email) => {
            let page = Page { current: account.email, email, sent: true, errors: Vec::new() };
            request.page_below(TITLE, &[("Security", "/account/security")], &page)
        }
        Err(error) => {
            again(request, TITLE, error, |errors| Page { current: account.email, email, sent: false, errors })
        }
    }
}

/// A link to the new address. When another account has it nothing is sent, and nothing is told either (AUT-4).
fn send(request: &Request, account: &Account, email: &str) -> Result<String, Error> {
    let app = &request.app;
    let email = accounts::read_email("email", email)?;
    if email == account.email {
        return Err(Error::field("email", "same", "This is your address already. Enter the new one."));
    }
    let attempt = Attempt { guess: Guess::Mail, name: &account.email, address: request.head.address, known: true };
    throttle::count(app, &request.origin(), &attempt)?;
    request.write_control(|tx| {
        let event = Event::new("members.email_change.asked").on("account", account.id).personal("to", email.as_str());
        if accounts::by_email(tx, &email)?.is_none() {
            let token = secrets::issue_link(tx, Kind::EmailChange, Some(account), Some(&email))?;
            let link = app.public_url(&format!("/account/email/confirm?token={}", *token.text));
            let until = until(tx.now.plus(Kind::EmailChange.lifetime()), account);
            let content = EmailChange { site: &app.config.host_name(), link: &link, until }.content()?;
            queue::add(
                tx,
                &app.mailer,
                Recipient { address: &email, whom: Whom::Account(account.id), workspace: None },
                &content,
            )?;
        }
        audit::record(tx, event)
    })?;
    jobs::ask(app, &DELIVER, None)?;
    Ok(email)
}

fn dead(request: &Request) -> Result<Reply, Error> {
    let page = Confirm { email: None, token: String::new(), errors: Vec::new() };
    Ok(door(request, "This link does not work", &page)?.status(410))
}

fn find(request: &Request, token: &str) -> Result<Option<Secret>, Error> {
    request.read_control(|db| secrets::find_link(db, Kind::EmailChange, token))
}

fn open(request: &Request) -> Result<Reply, Error> {
    let Opened { token } = request.query()?;
    match find(request, &token)?.and_then(|secret| secret.email) {
        Some(email) => door(request, TITLE, &Confirm { email: Some(email), token, errors: Vec::new() }),
        None => dead(request),
    }
}

fn confirm(request: &Request) -> Result<Reply, Error> {
    let app = &request.app;
    let ConfirmForm { token } = request.form()?;
    let attempt = Attempt { guess: Guess::Link, name: "", address: request.head.address, known: false };
    throttle::count(app, &request.origin(), &attempt)?;
    let Some(Secret { account: Some(id), email: Some(email), .. }) = find(request, &token)? else {
        return dead(request);
    };
    let changed = write_as(request, id, |tx| {
        if secrets::use_link(tx, Kind::EmailChange, &token)?.is_none() {
            return Ok(false);
        }
        let account = accounts::find(tx, id)?;
        accounts::change_email(tx, id, &email)?;
        throttle::take_back(tx, &app.control_keys.workspace.blind_index, &attempt)?;
        // To the old address: whoever still reads it should know.
        let change = "Your account has another email address now.";
        accounts::service::tell_of_change(tx, app, &account, &account.email, change)?;
        Ok(true)
    });
    match changed {
        Ok(true) => {}
        Ok(false) => return dead(request),
        Err(error) => {
            return again(request, TITLE, error, |errors| Confirm { email: Some(email), token, errors });
        }
    }
    jobs::ask(app, &DELIVER, None)?;
    Ok(Reply::see_other("/account/security").toast("email-changed"))
}
