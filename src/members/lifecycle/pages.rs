//! `/w/{slug}/settings/closing`: the owner closes the workspace, opens it again, or asks for its deletion.

use askama::Template;
use serde::Deserialize;

use super::{CLOSED_DAYS, GRACE_DAYS, service, telling};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::id::WorkspaceId;
use crate::members::roles::OWNER;
use crate::members::workspaces;
use crate::members::workspaces::pages::ABOVE;
use crate::members::workspaces::tabs::{self, Tabs};
use crate::permission::{Action, Area};
use crate::web::{Access, Reply, Request, Route, ui};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/closing", MANAGE, show),
    Route::post("/w/{slug}/settings/closing/close", MANAGE, close).step_up(),
    Route::post("/w/{slug}/settings/closing/reopen", MANAGE, reopen).step_up(),
    Route::post("/w/{slug}/settings/closing", MANAGE, delete).step_up(),
];

#[derive(Template)]
#[template(path = "members/lifecycle/show.html")]
struct Show {
    tabs: Tabs,
    is_owner: bool,
    is_closed: bool,
    closed_until: Option<Timestamp>,
    closed_days: i64,
    close: String,
    reopen: String,
    delete: String,
    export: String,
    name: String,
    hint: String,
    grace_days: String,
    errors: Vec<FieldError>,
}

impl Show {
    fn new(request: &Request, form: DeletionForm, errors: Vec<FieldError>) -> Result<Show, Error> {
        let member = request.member()?;
        let id = member.workspace_id();
        let (workspace, end) = request.read_control(|db| Ok((workspaces::find(db, id)?, service::find(db, id)?)))?;
        Ok(Show {
            tabs: tabs::tabs(request, "/settings/closing"),
            is_owner: member.role_key == OWNER,
            is_closed: workspace.state == "read_only",
            closed_until: end.and_then(|end| end.closed_until),
            closed_days: CLOSED_DAYS,
            close: request.url("/settings/closing/close"),
            reopen: request.url("/settings/closing/reopen"),
            delete: request.url("/settings/closing"),
            export: request.url("/settings/data-export"),
            name: form.name,
            hint: format!("Type {} to say that you mean this one.", workspace.name),
            grace_days: form.grace_days,
            errors,
        })
    }
}

/// The workspace, for its owner alone.
fn owned(request: &Request) -> Result<WorkspaceId, Error> {
    let member = request.member()?;
    match member.role_key == OWNER {
        true => Ok(member.workspace_id()),
        false => Err(Error::Conflict("only an owner can close or delete a workspace".into())),
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let form = DeletionForm { name: String::new(), grace_days: GRACE_DAYS.to_string() };
    request.page_below("Closing", ABOVE, &Show::new(request, form, Vec::new())?)
}

fn close(request: &Request) -> Result<Reply, Error> {
    let id = owned(request)?;
    request.write_control(|tx| service::close(tx, id, CLOSED_DAYS))?;
    Ok(Reply::see_other(request.url("/settings/closing")).toast("workspace-closed"))
}

fn reopen(request: &Request) -> Result<Reply, Error> {
    let id = owned(request)?;
    request.write_control(|tx| service::reopen(tx, id))?;
    Ok(Reply::see_other(request.url("/settings/closing")).toast("workspace-reopened"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeletionForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    grace_days: String,
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let id = owned(request)?;
    let form: DeletionForm = request.form()?;
    let grace = form.grace_days.trim().parse().unwrap_or(-1);
    match service::request_deletion(&request.app, &request.origin(), id, &form.name, grace) {
        Ok(()) => Ok(Reply::see_other(telling::path_of(id)).toast("workspace-deleting")),
        Err(Error::Invalid(errors)) => request.page_with_errors("Closing", ABOVE, &Show::new(request, form, errors)?),
        Err(error) => Err(error),
    }
}
