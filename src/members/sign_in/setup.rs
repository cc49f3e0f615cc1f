//! `/setup`: the first account, made with a link that the command line prints (AUT-9).

use askama::Template;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::link::Dead;
use super::secrets::{self, Kind};
use super::{again, as_account, door, let_in};
use crate::app::App;
use crate::db::{Actor, Origin};
use crate::error::{Error, FieldError};
use crate::id::AccountId;
use crate::members::accounts::{self, NewAccount};
use crate::members::sessions::Method;
use crate::members::throttle::{self, Attempt, Guess};
use crate::members::workspaces;
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, cookie, ui};

pub const ROUTES: &[Route] =
    &[Route::get("/setup", Access::Public, show), Route::post("/setup", Access::Public, submit)];

const TITLE: &str = "Set up Holdfast";

/// Makes a link to `/setup` that works once, for an hour. Print it to the console and nowhere else.
///
/// An earlier one stops working. Fails with [`Error::Refused`] when there is an account already.
pub fn issue_link(app: &App) -> Result<String, Error> {
    app.write(&Origin::local(Actor::CommandLine), |tx| {
        if accounts::count(tx)? > 0 {
            return Err(Error::Refused("there is an account already, so nothing is left to set up".into()));
        }
        let token = secrets::issue_link(tx, Kind::Setup, None, None)?;
        audit::record(tx, Event::new("members.setup.begun"))?;
        Ok(app.public_url(&format!("/setup?token={}", *token.text)))
    })
}

#[derive(Template)]
#[template(path = "members/sign_in/setup.html")]
struct Page {
    form: Form,
    errors: Vec<FieldError>,
}

impl Page {
    fn password_hint(&self) -> &'static str {
        accounts::password_hint(false)
    }
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    token: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    password: String,
    /// They are 16 or older (P-026).
    #[serde(default)]
    age: bool,
    #[serde(default)]
    workspace: String,
    #[serde(default)]
    slug: String,
}

fn page(form: Form, errors: Vec<FieldError>) -> Page {
    Page { form, errors }
}

fn dead_link(request: &Request) -> Result<Reply, Error> {
    let is_set_up = request.read_control(accounts::count)? > 0;
    let page = if is_set_up {
        Dead { text: "This installation is set up already.", again: "/sign-in", label: "Sign in" }
    } else {
        Dead {
            text: "It was used, its hour is over, or a newer one was made. Holdfast prints a new link on the machine it runs on.",
            again: "/",
            label: "How to get a link",
        }
    };
    Ok(door(request, "This link does not work", &page)?.status(410))
}

fn is_good(request: &Request, token: &str) -> Result<bool, Error> {
    request.read_control(|db| Ok(accounts::count(db)? == 0 && secrets::find_link(db, Kind::Setup, token)?.is_some()))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let Query { token } = request.query()?;
    if !is_good(request, &token)? {
        return dead_link(request);
    }
    door(request, TITLE, &page(Form { token, ..Form::default() }, Vec::new()))
}

fn submit(request: &Request) -> Result<Reply, Error> {
    let mut form: Form = request.form()?;
    let password = Zeroizing::new(std::mem::take(&mut form.password));
    let attempt = Attempt { guess: Guess::Link, name: "", address: request.head.address, known: false };
    throttle::count(&request.app, &request.origin(), &attempt)?;
    if !is_good(request, &form.token)? {
        return dead_link(request);
    }
    let made = read(&request.app, &form, &password).and_then(|new| make(request, &form.token, new, &attempt));
    let (account, fresh) = match made {
        Ok(Some(made)) => made,
        Ok(None) => return dead_link(request),
        Err(error) => return again(request, TITLE, error, |errors| page(form, errors)),
    };
    let reply = Reply::see_other("/").with_cookie(cookie::set(&fresh));
    if form.workspace.trim().is_empty() {
        return Ok(reply);
    }
    let origin = as_account(request, account);
    match workspaces::create(&request.app, &origin, &form.workspace, &slug_of(&form), account) {
        Ok(_) => Ok(reply),
        // The account is made and signed in: the workspace can be made again from the console.
        Err(error) => {
            tracing::error!(request = %request.head.id, %error, "the first workspace could not be made");
            Ok(reply.toast("workspace-failed"))
        }
    }
}

/// Everything that is wrong with the form, at once.
fn read(app: &App, form: &Form, password: &str) -> Result<NewAccount, Error> {
    let mut errors = Vec::new();
    let email = accounts::read_email("email", &form.email).unwrap_or_else(|error| {
        if let Error::Invalid(found) = error {
            errors.extend(found);
        }
        String::new()
    });
    let display_name = accounts::read_name("display_name", &form.display_name).unwrap_or_else(|error| {
        errors.push(error);
        String::new()
    });
    let about = [email.as_str(), display_name.as_str(), form.workspace.as_str()];
    errors.extend(accounts::check_password(app, "password", password, false, &about).err());
    if !form.age {
        errors.push(FieldError::new(
            "age",
            "required",
            "Holdfast is for people who are 16 or older. Tick the box if you are.",
        ));
    }
    if !form.workspace.trim().is_empty() {
        let renamed = |name: &'static str| move |error: FieldError| FieldError { field: name.into(), ..error };
        errors.extend(workspaces::read_name(&form.workspace).err().map(renamed("workspace")));
        errors.extend(workspaces::read_slug(&slug_of(form)).err());
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let password = accounts::hash_password(app, "password", password, false, &about)?;
    Ok(NewAccount {
        email,
        display_name,
        password: Some(password),
        is_operator: true,
        age_confirmed: true,
        email_verified: false,
    })
}

/// The address they chose, or one made from the name.
fn slug_of(form: &Form) -> String {
    if !form.slug.trim().is_empty() {
        return form.slug.trim().to_owned();
    }
    let words: Vec<String> = form
        .workspace
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let slug: String = words.join("-").chars().take(40).collect();
    let slug = slug.trim_matches('-');
    if workspaces::read_slug(slug).is_ok() { slug.to_owned() } else { "workspace".into() }
}

/// Uses the link up, makes the account and lets its person in. `None` when somebody was faster.
fn make(
    request: &Request,
    token: &str,
    new: NewAccount,
    attempt: &Attempt,
) -> Result<Option<(AccountId, String)>, Error> {
    let app = &request.app;
    request.write_control(|tx| {
        if accounts::count(tx)? > 0 || secrets::use_link(tx, Kind::Setup, token)?.is_none() {
            return Ok(None);
        }
        let id = accounts::create(tx, new)?;
        throttle::take_back(tx, &app.control_keys.workspace.blind_index, attempt)?;
        let account = accounts::find(tx, id)?;
        audit::record(tx, Event::new("members.setup.done").on("account", id))?;
        Ok(Some((id, let_in(request, tx, &account, Method::Setup)?)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_from_the_name() {
        let slug = |workspace: &str, slug: &str| {
            slug_of(&Form { workspace: workspace.into(), slug: slug.into(), ..Form::default() })
        };
        assert_eq!(slug("Saltmere Instruments Ltd.", ""), "saltmere-instruments-ltd");
        assert_eq!(slug("Łódź", ""), "workspace");
        assert_eq!(slug("Admin", ""), "workspace");
        assert_eq!(slug("Saltmere", "north"), "north");
    }
}
