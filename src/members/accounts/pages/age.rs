//! `/account/age`: the statement of being 16 or older, from those whose account somebody else made (P-026).

use askama::Template;
use serde::Deserialize;

use crate::error::{Error, FieldError};
use crate::members::accounts;
use crate::members::sign_in::again;
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] =
    &[Route::get("/account/age", Access::Account, show), Route::post("/account/age", Access::Account, save)];

const TITLE: &str = "Before you begin";

#[derive(Template)]
#[template(path = "members/accounts/age.html")]
struct Page {
    next: String,
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    age: bool,
    #[serde(default)]
    next: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let Query { next } = request.query()?;
    request.page(TITLE, &Page { next: request.next_or(&next, "/"), errors: Vec::new() })
}

fn save(request: &Request) -> Result<Reply, Error> {
    let Form { age, next } = request.form()?;
    let next = request.next_or(&next, "/");
    if !age {
        let error =
            Error::field("age", "required", "Holdfast is for people who are 16 or older. Tick the box if you are.");
        return again(request, TITLE, error, |errors| Page { next, errors });
    }
    let id = request.signed()?.account;
    request.write_control(|tx| accounts::service::confirm_age(tx, id))?;
    Ok(Reply::see_other(next))
}
