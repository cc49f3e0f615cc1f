//! `/account/password`: another password, or the first one.

use askama::Template;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{Error, FieldError};
use crate::jobs;
use crate::mail::jobs::DELIVER;
use crate::members::accounts::{self, Account};
use crate::members::sign_in::again;
use crate::members::{sessions, tokens};
use crate::web::{Access, Reply, Request, Route, cookie, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/account/password", Access::Account, show).step_up(),
    Route::post("/account/password", Access::Account, save).step_up(),
];

const TITLE: &str = "Password";

#[derive(Template)]
#[template(path = "members/accounts/password.html")]
struct Page {
    email: String,
    has_password: bool,
    two_step: bool,
    tokens: bool,
    errors: Vec<FieldError>,
}

impl Page {
    fn password_hint(&self) -> &'static str {
        accounts::password_hint(self.two_step)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    password: String,
    /// Their API tokens end with the sessions (SES-4).
    #[serde(default)]
    tokens: bool,
    /// For password managers.
    #[serde(default, rename = "email")]
    _email: String,
}

fn page(account: &Account, tokens: bool, errors: Vec<FieldError>) -> Page {
    Page {
        email: account.email.clone(),
        has_password: account.has_password,
        two_step: account.has_second_factor,
        tokens,
        errors,
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id = request.signed()?.account;
    let account = request.read_control(|db| accounts::find(db, id))?;
    request.page_below(TITLE, &[("Security", "/account/security")], &page(&account, false, Vec::new()))
}

fn save(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let password = Zeroizing::new(form.password);
    let signed = request.signed()?;
    let app = &request.app;
    let account = request.read_control(|db| accounts::find(db, signed.account))?;
    let about = [account.email.as_str(), account.display_name.as_str()];
    let hashed = match accounts::hash_password(app, "password", &password, account.has_second_factor, &about) {
        Ok(hashed) => hashed,
        Err(error) => return again(request, TITLE, error, |errors| page(&account, form.tokens, errors)),
    };
    let fresh = cookie::fresh();
    request.write_control(|tx| {
        accounts::set_password(tx, account.id, &hashed, Some(signed.session))?;
        sessions::confirm(tx, account.id, signed.session, &fresh, "password_change", false)?;
        if form.tokens {
            tokens::revoke_of_account(tx, account.id)?;
        }
        let change = if account.has_password { "Your password was changed." } else { "A password was set." };
        accounts::service::tell_of_change(tx, app, &account, &account.email, change)
    })?;
    jobs::ask(app, &DELIVER, None)?;
    Ok(Reply::see_other("/account/security").toast("password-changed").with_cookie(cookie::set(&fresh)))
}
