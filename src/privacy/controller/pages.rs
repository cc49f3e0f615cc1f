//! The page `/settings/controller`.

use askama::Template;

use super::{Controller, service};
use crate::error::{Error, FieldError};
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::permission::{Action, Area};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);
const PATH: &str = "/settings/controller";
const TITLE: &str = "Privacy contact";

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/controller", MANAGE, show),
    Route::post("/w/{slug}/settings/controller", MANAGE, save),
];

#[derive(Template)]
#[template(path = "privacy/controller/show.html")]
struct Show {
    tabs: Tabs,
    action: String,
    notice: String,
    form: Controller,
    errors: Vec<FieldError>,
}

impl Show {
    fn new(request: &Request, form: Controller, errors: Vec<FieldError>) -> Result<Show, Error> {
        let notice = format!("/p/{}/privacy", request.member()?.workspace_slug);
        Ok(Show { tabs: tabs(request, PATH), action: request.url(PATH), notice, form, errors })
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let form = request.read(service::read)?;
    request.page_below(TITLE, &[("Settings", "/settings")], &Show::new(request, form, Vec::new())?)
}

fn save(request: &Request) -> Result<Reply, Error> {
    let form: Controller = request.form()?;
    match request.write(|tx| service::save(tx, &form)) {
        Ok(_) => Ok(Reply::see_other(request.url(PATH)).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors(TITLE, &[("Settings", "/settings")], &Show::new(request, form, errors)?)
        }
        Err(error) => Err(error),
    }
}
