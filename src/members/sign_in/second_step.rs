//! `/sign-in/second-step` and `/sign-in/recovery-code`: the code of the app, or one of the codes on paper.

use askama::Template;
use serde::Deserialize;

use super::password::Query;
use super::{again, onward, with_next, write_as};
use crate::error::{Error, FieldError};
use crate::members::accounts::{self, Account};
use crate::members::second_factor;
use crate::members::sessions;
use crate::members::throttle::{self, Attempt, Guess};
use crate::privacy::audit::{self, Event};
use crate::visitor::{Signed, Visitor};
use crate::web::{Access, Reply, Request, Route, cookie, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/sign-in/second-step", Access::HalfSignedIn, show_app),
    Route::post("/sign-in/second-step", Access::HalfSignedIn, submit_app),
    Route::get("/sign-in/recovery-code", Access::HalfSignedIn, show_recovery),
    Route::post("/sign-in/recovery-code", Access::HalfSignedIn, submit_recovery),
];

/// Which code is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    App,
    Recovery,
}

impl With {
    fn title(self) -> &'static str {
        match self {
            With::App => "Enter the code from your app",
            With::Recovery => "Use a recovery code",
        }
    }

    fn word(self) -> &'static str {
        match self {
            With::App => "app",
            With::Recovery => "recovery_code",
        }
    }
}

#[derive(Template)]
#[template(path = "members/sign_in/second_step.html")]
struct Page {
    with_app: bool,
    title: &'static str,
    site: String,
    email: String,
    next: String,
    /// The other kind of code.
    other: String,
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

fn page(request: &Request, with: With, next: String, errors: Vec<FieldError>) -> Page {
    let other = match with {
        With::App => "/sign-in/recovery-code",
        With::Recovery => "/sign-in/second-step",
    };
    Page {
        with_app: with == With::App,
        title: with.title(),
        site: request.app.config.host_name(),
        email: request.signed().map(|signed| signed.email.clone()).unwrap_or_default(),
        other: with_next(other, &next),
        next,
        errors,
    }
}

fn show_app(request: &Request) -> Result<Reply, Error> {
    show(request, With::App)
}

fn show_recovery(request: &Request) -> Result<Reply, Error> {
    show(request, With::Recovery)
}

fn submit_app(request: &Request) -> Result<Reply, Error> {
    submit(request, With::App)
}

fn submit_recovery(request: &Request) -> Result<Reply, Error> {
    submit(request, With::Recovery)
}

fn show(request: &Request, with: With) -> Result<Reply, Error> {
    let Query { next } = request.query()?;
    if matches!(request.visitor, Visitor::Account(_)) {
        return Ok(Reply::see_other(request.next_or(&next, "/")));
    }
    request.page(with.title(), &page(request, with, request.next_or(&next, ""), Vec::new()))
}

fn submit(request: &Request, with: With) -> Result<Reply, Error> {
    let Form { code, next } = request.form()?;
    let next = request.next_or(&next, "");
    let Visitor::HalfSignedIn(signed) = &request.visitor else {
        return Ok(Reply::see_other(request.next_or(&next, "/")));
    };
    match finish(request, signed, with, &code) {
        Ok((account, fresh)) => {
            let to = onward(&account, request.next_or(&next, "/"));
            Ok(Reply::see_other(to).with_cookie(cookie::set(&fresh)))
        }
        Err(error) => again(request, with.title(), error, |errors| page(request, with, next, errors)),
    }
}

fn finish(request: &Request, signed: &Signed, with: With, code: &str) -> Result<(Account, String), Error> {
    let app = &request.app;
    if code.trim().is_empty() {
        return Err(Error::field("code", "required", "Enter the code."));
    }
    let id = signed.account;
    let name = id.to_string();
    let (account, known) = request
        .read_control(|db| Ok((accounts::find(db, id)?, sessions::is_known(db, app, id, &request.origin())?)))?;
    // Nobody guesses 80 bits, so recovery codes stay open when the app's codes are not taken any more.
    let guess = Attempt {
        guess: Guess::SecondStep,
        name: &name,
        address: request.head.address,
        known: known || with == With::Recovery,
    };
    throttle::count(app, &request.origin(), &guess)?;
    let fresh = cookie::fresh();
    let is_right = write_as(request, id, |tx| {
        let is_right = match with {
            With::App => second_factor::use_code(tx, app, id, code)?,
            With::Recovery => second_factor::use_recovery_code(tx, app, id, code)?,
        };
        if !is_right {
            let event = Event::new("members.second_factor.failed").on("account", id);
            audit::record(tx, event.detail("with", with.word()))?;
            return Ok(false);
        }
        throttle::take_back(tx, &app.control_keys.workspace.blind_index, &guess)?;
        sessions::finish(tx, app, &account, signed.session, &fresh, with.word())?;
        Ok(true)
    })?;
    match (is_right, with) {
        (true, _) => Ok((account, fresh)),
        (false, With::App) => Err(Error::field(
            "code",
            "wrong",
            "This code does not fit. Type the one your app shows now; each works once.",
        )),
        (false, With::Recovery) => {
            Err(Error::field("code", "wrong", "This is not one of your unused recovery codes. Check it for slips."))
        }
    }
}
