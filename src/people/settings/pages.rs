//! The page `/w/{slug}/settings/people`: how the workspace works with people.

use askama::Template;
use serde::Deserialize;

use super::service;
use crate::error::{Error, FieldError};
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::people::form::country_choices;
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);

pub const ROUTES: &[Route] =
    &[Route::get("/w/{slug}/settings/people", MANAGE, show), Route::post("/w/{slug}/settings/people", MANAGE, save)];

#[derive(Template)]
#[template(path = "people/settings/show.html")]
struct Show {
    tabs: Tabs,
    action: String,
    default_country: String,
    countries: Vec<Choice>,
    errors: Vec<FieldError>,
}

impl Show {
    fn new(request: &Request, default_country: String, errors: Vec<FieldError>) -> Show {
        Show {
            tabs: tabs(request, "/settings/people"),
            action: request.url("/settings/people"),
            default_country,
            countries: country_choices(),
            errors,
        }
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let country = request.read(service::default_country)?;
    request.page_below("Contacts", &[("Settings", "/settings")], &Show::new(request, country, Vec::new()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    default_country: String,
}

fn save(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    match request.write(|tx| service::set_default_country(tx, &form.default_country)) {
        Ok(()) => Ok(Reply::see_other(request.url("/settings/people")).toast("saved")),
        Err(Error::Invalid(errors)) => {
            let page = Show::new(request, form.default_country, errors);
            request.page_with_errors("Contacts", &[("Settings", "/settings")], &page)
        }
        Err(error) => Err(error),
    }
}
