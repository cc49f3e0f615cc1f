//! `/invitation`: where the link in the mail leads. Joins with the account that is signed in, or with a new one.
//!
//! The link proves that its holder reads the address. It never signs in to an account that is there
//! already, so it goes around no password and no second step (AUT-8).

use askama::Template;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{OpenInvitation, service};
use crate::error::{Error, FieldError};
use crate::members::accounts::{self, NewAccount};
use crate::members::sessions::Method;
use crate::members::sign_in::{door, let_in, welcome, with_next};
use crate::visitor::Visitor;
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] =
    &[Route::get("/invitation", Access::Public, show), Route::post("/invitation", Access::Public, join)];

const TITLE: &str = "Invitation";

#[derive(Template)]
#[template(path = "members/invitations/accept.html")]
struct Accept {
    invitation: OpenInvitation,
    token: String,
    way: Way,
    name: String,
    age: bool,
    errors: Vec<FieldError>,
}

impl Accept {
    fn age_error(&self) -> Option<&str> {
        self.errors.iter().find(|error| error.field == "age").map(|error| error.message.as_str())
    }
}

/// How this visitor can join.
enum Way {
    /// Signed in with the invited address.
    Join,
    /// The address has an account; holds the way to sign in and back.
    SignIn(String),
    /// Signed in with another address, which it holds.
    SomebodyElse(String),
    NewAccount,
}

#[derive(Template)]
#[template(path = "members/invitations/over.html")]
struct Over {}

/// A link that never was and one that is over look the same.
fn over(request: &Request) -> Result<Reply, Error> {
    Ok(door(request, TITLE, &Over {})?.status(404))
}

fn way(request: &Request, invitation: &OpenInvitation, token: &str) -> Result<Way, Error> {
    if let Visitor::Account(signed) = &request.visitor {
        let same = signed.email == invitation.email;
        return Ok(if same { Way::Join } else { Way::SomebodyElse(signed.email.clone()) });
    }
    Ok(match request.read_control(|db| accounts::by_email(db, &invitation.email))? {
        Some(_) => Way::SignIn(with_next("/sign-in", &format!("/invitation?token={token}"))),
        None => Way::NewAccount,
    })
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    token: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let Query { token } = request.query()?;
    let Some(invitation) = request.read_control(|db| service::open(db, &token))? else { return over(request) };
    let way = way(request, &invitation, &token)?;
    door(request, TITLE, &Accept { invitation, token, way, name: String::new(), age: false, errors: Vec::new() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    token: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    age: bool,
}

fn join(request: &Request) -> Result<Reply, Error> {
    let Form { token, name, password, age } = request.form()?;
    let password = Zeroizing::new(password);
    let Some(invitation) = request.read_control(|db| service::open(db, &token))? else { return over(request) };
    let way = way(request, &invitation, &token)?;
    let done = match (&way, &request.visitor) {
        (Way::Join, Visitor::Account(signed)) => request
            .write_control(|tx| service::accept(tx, &invitation, signed.account))
            .map(|_| Reply::see_other(home(&invitation))),
        (Way::NewAccount, _) => with_new_account(request, &invitation, &name, &password, age),
        _ => return show_again(request, invitation, token, way, name, age, Vec::new()),
    };
    match done {
        Ok(reply) => Ok(reply),
        Err(Error::NotFound("invitation")) => over(request),
        Err(Error::Invalid(errors)) => show_again(request, invitation, token, way, name, age, errors),
        Err(Error::Conflict(words)) => {
            show_again(request, invitation, token, way, name, age, vec![FieldError::new("", "not_now", words)])
        }
        Err(error) => Err(error),
    }
}

fn show_again(
    request: &Request,
    invitation: OpenInvitation,
    token: String,
    way: Way,
    name: String,
    age: bool,
    errors: Vec<FieldError>,
) -> Result<Reply, Error> {
    request.cookie_or_fresh();
    request.page_with_errors(TITLE, &[], &Accept { invitation, token, way, name, age, errors })
}

fn home(invitation: &OpenInvitation) -> String {
    format!("/w/{}", invitation.workspace_slug)
}

fn with_new_account(
    request: &Request,
    invitation: &OpenInvitation,
    name: &str,
    password: &str,
    age: bool,
) -> Result<Reply, Error> {
    let mut errors = Vec::new();
    let display_name = accounts::read_name("name", name).unwrap_or_else(|error| {
        errors.push(error);
        String::new()
    });
    let about = [invitation.email.as_str(), display_name.as_str(), invitation.workspace_name.as_str()];
    let hashed = match accounts::hash_password(&request.app, "password", password, false, &about) {
        Ok(hashed) => Some(hashed),
        Err(Error::Invalid(wrong)) => {
            errors.extend(wrong);
            None
        }
        Err(error) => return Err(error),
    };
    if !age {
        errors.push(FieldError::new("age", "required", "Holdfast is for people of 16 or older. Confirm that you are."));
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let new = NewAccount {
        email: invitation.email.clone(),
        display_name,
        password: hashed,
        is_operator: false,
        age_confirmed: true,
        email_verified: true,
    };
    let (account, fresh) = request.write_control(|tx| {
        let id = accounts::create(tx, new)?;
        service::accept(tx, invitation, id)?;
        let account = accounts::find(tx, id)?;
        let fresh = let_in(request, tx, &account, Method::Invitation)?;
        Ok((account, fresh))
    })?;
    Ok(welcome(request, &account, &fresh, &home(invitation)))
}
