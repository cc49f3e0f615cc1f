//! The page `/w/{slug}/settings/people`: how the workspace works with people.

use askama::Template;
use serde::Deserialize;

use super::service;
use crate::error::{Error, FieldError};
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::people::form::country_choices;
use crate::people::trash;
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route, format};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);

pub const ROUTES: &[Route] =
    &[Route::get("/w/{slug}/settings/people", MANAGE, show), Route::post("/w/{slug}/settings/people", MANAGE, save)];

#[derive(Template)]
#[template(path = "people/settings/show.html")]
struct Show {
    tabs: Tabs,
    action: String,
    default_country: String,
    trash_days: String,
    countries: Vec<Choice>,
    days: Vec<Choice>,
    errors: Vec<FieldError>,
}

impl Show {
    fn new(request: &Request, form: Form, errors: Vec<FieldError>) -> Show {
        let days = trash::DAYS.iter().map(|days| Choice::new(days.to_string(), format::plural(*days, "day", "days")));
        Show {
            tabs: tabs(request, "/settings/people"),
            action: request.url("/settings/people"),
            default_country: form.default_country,
            trash_days: form.trash_days,
            countries: country_choices(),
            days: days.collect(),
            errors,
        }
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let form = request.read(|db| {
        Ok(Form { default_country: service::default_country(db)?, trash_days: trash::service::days(db)?.to_string() })
    })?;
    request.page_below("Contacts", &[("Settings", "/settings")], &Show::new(request, form, Vec::new()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    default_country: String,
    trash_days: String,
}

fn save(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let saved = request.write(|tx| {
        service::set_default_country(tx, &form.default_country)?;
        service::set_trash_days(tx, &form.trash_days)
    });
    match saved {
        Ok(()) => Ok(Reply::see_other(request.url("/settings/people")).toast("saved")),
        Err(Error::Invalid(errors)) => {
            let page = Show::new(request, form, errors);
            request.page_with_errors("Contacts", &[("Settings", "/settings")], &page)
        }
        Err(error) => Err(error),
    }
}
