//! `/sign-in/link`: a link by mail instead of a password.
//!
//! Opening the link shows a page with a button; only the button uses it up. So a mail program that
//! looks at links in advance signs nobody in and spoils nothing.

use askama::Template;
use serde::Deserialize;

use super::password::Query;
use super::secrets::{self, Kind};
use super::{again, door, even_out, let_in, visitor_account, welcome, with_next, write_as};
use crate::clock::Stopwatch;
use crate::error::{Error, FieldError};
use crate::jobs;
use crate::mail::jobs::DELIVER;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::SignInLink;
use crate::members::accounts::{self, service::until};
use crate::members::sessions::Method;
use crate::members::throttle::{self, Attempt, Guess};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/sign-in/link", Access::Public, show),
    Route::post("/sign-in/link", Access::Public, submit),
    Route::get("/sign-in/link/sent", Access::Public, sent),
    Route::get("/sign-in/link/open", Access::Public, open),
    Route::post("/sign-in/link/open", Access::Public, use_up),
];

const TITLE: &str = "Sign in with a link";

#[derive(Template)]
#[template(path = "members/sign_in/link/new.html")]
struct New {
    email: String,
    next: String,
    back: String,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "members/sign_in/link/sent.html")]
struct Sent {
    text: &'static str,
    again: &'static str,
}

#[derive(Template)]
#[template(path = "members/sign_in/link/open.html")]
struct Open {
    email: String,
    token: String,
    next: String,
}

#[derive(Template)]
#[template(path = "members/sign_in/link/dead.html")]
pub(super) struct Dead {
    pub text: &'static str,
    pub again: &'static str,
    pub label: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    email: String,
    #[serde(default)]
    next: String,
}

/// What a link carries.
#[derive(Deserialize)]
struct Opened {
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
}

/// The button below it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
}

fn new(email: String, next: String, errors: Vec<FieldError>) -> New {
    New { email, back: with_next("/sign-in", &next), next, errors }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let Query { next } = request.query()?;
    door(request, TITLE, &new(String::new(), request.next_or(&next, ""), Vec::new()))
}

fn submit(request: &Request) -> Result<Reply, Error> {
    let watch = Stopwatch::start();
    let Form { email, next } = request.form()?;
    let next = request.next_or(&next, "");
    let result = send(request, &email, &next);
    even_out(watch);
    match result {
        Ok(()) => Ok(Reply::see_other("/sign-in/link/sent")),
        Err(error) => again(request, TITLE, error, |errors| new(email, next, errors)),
    }
}

fn send(request: &Request, email: &str, next: &str) -> Result<(), Error> {
    let app = &request.app;
    let email = accounts::read_email("email", email)?;
    let attempt = Attempt { guess: Guess::Mail, name: &email, address: request.head.address, known: false };
    throttle::count(app, &request.origin(), &attempt)?;
    request.write_control(|tx| {
        let (account, _) = visitor_account(tx, request, &email)?;
        let event = Event::new("members.mail.asked").detail("mail", "sign_in_link");
        let Some(account) = account.filter(|account| account.is_active) else {
            return audit::record(tx, event.detail("account", "unknown"));
        };
        let token = secrets::issue_link(tx, Kind::SignInLink, Some(&account), Some(&account.email))?;
        let link = app.public_url(
            &with_next(&format!("/sign-in/link/open?token={}", *token.text), next).replacen("?next=", "&next=", 1),
        );
        let until = until(tx.now.plus(Kind::SignInLink.lifetime()), &account);
        let content = SignInLink { site: &app.config.host_name(), link: &link, until }.content()?;
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
        "If the address has an account here, a mail with a link is on its way. The link works once, for 15 minutes.",
        "/sign-in/link",
    )
}

/// "Look into your mailbox": the same whether a mail was sent or not (AUT-4).
pub(super) fn sent_page(request: &Request, text: &'static str, again: &'static str) -> Result<Reply, Error> {
    door(request, "Look into your mailbox", &Sent { text, again })
}

/// The page that says how to get another link, when this one is used, old or wrong.
pub(super) fn dead(
    request: &Request,
    text: &'static str,
    again: &'static str,
    label: &'static str,
) -> Result<Reply, Error> {
    Ok(door(request, "This link does not work", &Dead { text, again, label })?.status(410))
}

fn dead_link(request: &Request) -> Result<Reply, Error> {
    dead(request, "It was used already, or its 15 minutes are over.", "/sign-in/link", "Ask for a new link")
}

fn open(request: &Request) -> Result<Reply, Error> {
    let Opened { token, next } = request.query()?;
    let found = request.read_control(|db| secrets::find_link(db, Kind::SignInLink, &token))?;
    match found.and_then(|secret| secret.email) {
        Some(email) => door(request, "Sign in", &Open { email, token, next: request.next_or(&next, "") }),
        None => dead_link(request),
    }
}

fn use_up(request: &Request) -> Result<Reply, Error> {
    let app = &request.app;
    let OpenForm { token, next } = request.form()?;
    let attempt = Attempt { guess: Guess::Link, name: "", address: request.head.address, known: false };
    throttle::count(app, &request.origin(), &attempt)?;
    let found = request.read_control(|db| secrets::find_link(db, Kind::SignInLink, &token))?;
    let Some(id) = found.and_then(|secret| secret.account) else { return dead_link(request) };
    let entered = write_as(request, id, |tx| {
        // Looked at again inside: of two clicks at once only one gets in.
        if secrets::use_link(tx, Kind::SignInLink, &token)?.is_none() {
            return Ok(None);
        }
        let account = accounts::find(tx, id)?;
        accounts::verify_email(tx, id)?;
        throttle::take_back(tx, &app.control_keys.workspace.blind_index, &attempt)?;
        forgive_password(tx, request, &account.email)?;
        Ok(Some((let_in(request, tx, &account, Method::Link)?, account)))
    })?;
    match entered {
        Some((fresh, account)) => Ok(welcome(request, &account, &fresh, &next)),
        None => dead_link(request),
    }
}

/// Whoever reads the mailbox is the person: wrong passwords of others no longer count.
pub(super) fn forgive_password(tx: &crate::db::Tx, request: &Request, email: &str) -> Result<(), Error> {
    let attempt = Attempt { guess: Guess::Password, name: email, address: request.head.address, known: false };
    throttle::forgive(tx, &request.app.control_keys.workspace.blind_index, &attempt)
}
