//! The settings of a workspace: the way to each page, its name, and how its mail leaves.

use askama::Template;
use serde::Deserialize;

use super::tabs::{self, Tabs};
use super::{Workspace, service};
use crate::error::{Error, FieldError};
use crate::mail::Delivery;
use crate::mail::smtp::Encryption;
use crate::members::roles::OWNER;
use crate::permission::{Action, Area};
use crate::web::{Access, Reply, Request, Route, ui};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings", Access::Member, index),
    Route::get("/w/{slug}/settings/general", MANAGE, general),
    Route::post("/w/{slug}/settings/general", MANAGE, rename),
    Route::get("/w/{slug}/settings/mail", MANAGE, mail),
];

/// The crumbs above every page of the settings.
pub const ABOVE: &[(&str, &str)] = &[("Settings", "/settings")];

#[derive(Template)]
#[template(path = "members/workspaces/index.html")]
struct Index {
    /// Label, address, icon, what is there.
    places: Vec<(&'static str, String, &'static str, &'static str)>,
}

fn index(request: &Request) -> Result<Reply, Error> {
    let places = tabs::places(request).map(|place| (place.label, request.url(place.path), place.icon, place.about));
    request.page("Settings", &Index { places: places.collect() })
}

#[derive(Template)]
#[template(path = "members/workspaces/general.html")]
struct General {
    tabs: Tabs,
    workspace: Workspace,
    name: String,
    bytes: u64,
    is_owner: bool,
    transfer: String,
    errors: Vec<FieldError>,
}

impl General {
    fn new(request: &Request, name: Option<String>, errors: Vec<FieldError>) -> Result<General, Error> {
        let member = request.member()?;
        let workspace = request.read_control(|db| service::find(db, member.workspace_id()))?;
        Ok(General {
            tabs: tabs::tabs(request, "/settings/general"),
            name: name.unwrap_or_else(|| workspace.name.clone()),
            bytes: request.app.workspaces.size_of(workspace.id),
            is_owner: member.role_key == OWNER,
            transfer: request.url("/settings/ownership"),
            workspace,
            errors,
        })
    }
}

fn general(request: &Request) -> Result<Reply, Error> {
    request.page_below("General", ABOVE, &General::new(request, None, Vec::new())?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenameForm {
    #[serde(default)]
    name: String,
}

fn rename(request: &Request) -> Result<Reply, Error> {
    let RenameForm { name } = request.form()?;
    let workspace = request.member()?.workspace_id();
    match request.write_control(|tx| service::rename(tx, workspace, &name)) {
        Ok(()) => Ok(Reply::see_other(request.url("/settings/general")).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("General", ABOVE, &General::new(request, Some(name), errors)?)
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "members/workspaces/mail.html")]
struct Mail {
    tabs: Tabs,
    kind: &'static str,
    state: &'static str,
    sender: String,
    way: &'static str,
}

fn mail(request: &Request) -> Result<Reply, Error> {
    let mailer = &request.app.mailer;
    // Host and folder are the operator's business: a workspace learns how, not where.
    let (kind, state, way) = match &mailer.delivery {
        Delivery::Kept => {
            ("risk", "Nothing leaves", "None yet: the operator reads each mail and passes it on by hand.")
        }
        Delivery::Folder(_) => {
            ("info", "By another machine", "Written to a folder, from which another machine sends it.")
        }
        Delivery::Smtp(target) if target.encryption == Encryption::Plain => {
            ("risk", "Not encrypted", "Handed to a mail server over a connection that others on the way can read.")
        }
        Delivery::Smtp(_) => ("kept", "Set up", "Handed to a mail server over an encrypted connection."),
    };
    let sender = mailer.sender.address().to_owned();
    let page = Mail { tabs: tabs::tabs(request, "/settings/mail"), kind, state, sender, way };
    request.page_below("Mail", ABOVE, &page)
}
