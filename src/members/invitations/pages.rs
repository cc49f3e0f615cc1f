//! Inviting somebody, sending the mail again, taking it back. The waiting ones stand in the list of members.

use askama::Template;
use serde::Deserialize;

use super::service;
use crate::error::{Error, FieldError};
use crate::id::{InvitationId, RoleId};
use crate::members::roles::{self, Granter};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Members);

/// Inviting gives a role away, so it asks for a proof as changing one does.
pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/invitations/new", MANAGE, new).step_up(),
    Route::post("/w/{slug}/settings/invitations/new", MANAGE, create).step_up(),
    Route::post("/w/{slug}/settings/invitations/{id}/resend", MANAGE, resend),
    Route::post("/w/{slug}/settings/invitations/{id}/revoke", MANAGE, revoke),
];

const ABOVE: &[(&str, &str)] = &[("Settings", "/settings"), ("Members", "/settings/members")];

#[derive(Template)]
#[template(path = "members/invitations/new.html")]
struct New {
    email: String,
    role: String,
    choices: Vec<Choice>,
    back: String,
    errors: Vec<FieldError>,
}

impl New {
    fn filled(request: &Request, form: NewForm, errors: Vec<FieldError>) -> Result<New, Error> {
        let workspace = request.member()?.workspace_id();
        let granter = Granter::of(&request.visitor)?;
        let roles = request.read_control(|db| roles::list(db, workspace))?;
        Ok(New {
            email: form.email,
            role: form.role,
            choices: roles.iter().filter(|role| granter.covers(role)).map(roles::pages::choice).collect(),
            back: request.url("/settings/members"),
            errors,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    role: String,
}

fn new(request: &Request) -> Result<Reply, Error> {
    request.page_below("Invite someone", ABOVE, &New::filled(request, NewForm::default(), Vec::new())?)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: NewForm = request.form()?;
    let workspace = request.member()?.workspace_id();
    let granter = Granter::of(&request.visitor)?;
    // No role at all is an unknown role.
    let role = form.role.parse().unwrap_or(RoleId(0));
    let done = request.write_control(|tx| service::invite(tx, &request.app, workspace, &granter, &form.email, role));
    match done {
        Ok(_) => sent(request),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("Invite someone", ABOVE, &New::filled(request, form, errors)?)
        }
        Err(error) => Err(error),
    }
}

/// Back to the list, with the mail on its way.
fn sent(request: &Request) -> Result<Reply, Error> {
    crate::jobs::ask(&request.app, &crate::mail::jobs::DELIVER, None)?;
    Ok(Reply::see_other(request.url("/settings/members")).toast("invitation-sent"))
}

fn resend(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let workspace = request.member()?.workspace_id();
    let id: InvitationId = request.param("id")?;
    let granter = Granter::of(&request.visitor)?;
    request.write_control(|tx| service::resend(tx, &request.app, workspace, &granter, id))?;
    sent(request)
}

fn revoke(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let workspace = request.member()?.workspace_id();
    let id: InvitationId = request.param("id")?;
    let granter = Granter::of(&request.visitor)?;
    request.write_control(|tx| service::revoke(tx, workspace, &granter, id))?;
    Ok(Reply::see_other(request.url("/settings/members")).toast("invitation-withdrawn"))
}
