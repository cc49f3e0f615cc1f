//! `/account/profile`: name, time zone, single keys; and `/account/theme`.

use askama::Template;
use serde::Deserialize;

use crate::error::{Error, FieldError};
use crate::members::accounts::{self, Account};
use crate::members::sign_in::again;
use crate::web::layout::Theme;
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/account/profile", Access::Account, show),
    Route::post("/account/profile", Access::Account, save),
    Route::post("/account/theme", Access::Account, set_theme),
];

const TITLE: &str = "Your profile";

#[derive(Template)]
#[template(path = "members/accounts/profile.html")]
struct Page {
    email: String,
    display_name: String,
    time_zone: String,
    zones: Vec<ui::Choice>,
    shortcuts: bool,
    theme: String,
    themes: Vec<ui::Choice>,
    account: Account,
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    time_zone: String,
    #[serde(default)]
    shortcuts: bool,
    #[serde(default)]
    theme: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeForm {
    theme: String,
    #[serde(default)]
    next: String,
}

/// Every zone that people live in, by its name in the IANA database.
fn zones() -> Vec<String> {
    const AREAS: [&str; 10] =
        ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
    let mut zones: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| name.split_once('/').is_some_and(|(area, _)| AREAS.contains(&area)))
        .collect();
    zones.sort();
    zones.insert(0, "UTC".into());
    zones
}

fn page(account: Account, form: Form, errors: Vec<FieldError>) -> Page {
    Page {
        email: account.email.clone(),
        display_name: form.display_name,
        time_zone: form.time_zone,
        zones: zones().into_iter().map(|zone| ui::Choice::new(zone.clone(), zone.replace('_', " "))).collect(),
        shortcuts: form.shortcuts,
        theme: form.theme,
        themes: vec![
            ui::Choice::new("system", "Same as this device"),
            ui::Choice::new("light", "Light"),
            ui::Choice::new("dark", "Dark"),
        ],
        account,
        errors,
    }
}

fn account(request: &Request) -> Result<Account, Error> {
    let id = request.signed()?.account;
    request.read_control(|db| accounts::find(db, id))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let account = account(request)?;
    let form = Form {
        display_name: account.display_name.clone(),
        time_zone: account.time_zone.clone(),
        shortcuts: account.shortcuts,
        theme: account.theme.clone(),
    };
    request.page(TITLE, &page(account, form, Vec::new()))
}

fn save(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let account = account(request)?;
    match change(request, &account, &form) {
        Ok(()) => Ok(Reply::see_other("/account/profile").toast("saved")),
        Err(error) => again(request, TITLE, error, |errors| page(account, form, errors)),
    }
}

fn change(request: &Request, account: &Account, form: &Form) -> Result<(), Error> {
    let mut errors = Vec::new();
    let name = accounts::read_name("display_name", &form.display_name);
    if !zones().contains(&form.time_zone) {
        errors.push(FieldError::new("time_zone", "unknown_zone", "Choose a time zone from the list."));
    }
    if Theme::parse(&form.theme).is_none() {
        errors.push(FieldError::new("theme", "unknown_theme", "Choose one of the three."));
    }
    match name {
        Ok(name) if errors.is_empty() => request.write_control(|tx| {
            accounts::service::set_profile(tx, account.id, &name, &form.time_zone, form.shortcuts)?;
            if form.theme != account.theme {
                accounts::service::set_theme(tx, account.id, &form.theme)?;
            }
            Ok(())
        }),
        name => {
            errors.extend(name.err());
            Err(Error::Invalid(errors))
        }
    }
}

fn set_theme(request: &Request) -> Result<Reply, Error> {
    let ThemeForm { theme, next } = request.form()?;
    let id = request.signed()?.account;
    let theme =
        Theme::parse(&theme).ok_or_else(|| Error::field("theme", "unknown_theme", "Choose one of the three."))?;
    request.write_control(|tx| accounts::service::set_theme(tx, id, theme.word()))?;
    Ok(Reply::see_other(request.next_or(&next, "/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offered_zone_exists() {
        let zones = zones();
        assert!(zones.len() > 300 && zones.contains(&"Europe/Berlin".to_owned()));
        for zone in zones {
            assert!(jiff::tz::TimeZone::get(&zone).is_ok(), "{zone}");
        }
    }
}
