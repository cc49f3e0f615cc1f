//! The changes that ask for a fresh proof of who acts: another role, removal, the ownership.
//!
//! Their forms ask for the proof before they are filled in, so that nothing typed is lost.

use askama::Template;
use serde::Deserialize;

use super::pages::{ABOVE_MEMBER, MANAGE, tokens_in_force};
use super::{Membership, State, service};
use crate::error::{Error, FieldError};
use crate::id::{MemberId, RoleId, WorkspaceId};
use crate::members::roles::{self, Granter};
use crate::members::workspaces::pages::ABOVE;
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

/// Handing over the ownership also asks for the role of an owner, which is no permission.
const SETTINGS: Access = Access::may(Action::Manage, Area::Settings);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/members/{id}/role", MANAGE, role).step_up(),
    Route::post("/w/{slug}/settings/members/{id}/role", MANAGE, change_role).step_up(),
    Route::get("/w/{slug}/settings/members/{id}/remove", MANAGE, ask_remove).step_up(),
    Route::post("/w/{slug}/settings/members/{id}/remove", MANAGE, remove).step_up(),
    Route::get("/w/{slug}/settings/ownership", SETTINGS, ownership).step_up(),
    Route::post("/w/{slug}/settings/ownership", SETTINGS, transfer).step_up(),
];

/// What every page here begins with: the workspace, the member in the path, who asks.
fn subject(request: &Request) -> Result<(WorkspaceId, Membership, Granter), Error> {
    let workspace = request.member()?.workspace_id();
    let id: MemberId = request.param("id")?;
    let granter = Granter::of(&request.visitor)?;
    let (member, role) = request.read_control(|db| {
        let member = service::find(db, workspace, id)?;
        let role = roles::find(db, workspace, member.role)?;
        Ok((member, role))
    })?;
    if granter.covers(&role) { Ok((workspace, member, granter)) } else { Err(Error::Forbidden) }
}

/// A refusal of the rules as the form can show it; everything else goes on as it is.
fn form_errors(error: Error) -> Result<Vec<FieldError>, Error> {
    match error {
        Error::Invalid(errors) => Ok(errors),
        Error::Conflict(words) => Ok(vec![FieldError::new("", "not_now", sentence(&words))]),
        error => Err(error),
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

#[derive(Template)]
#[template(path = "members/memberships/role.html")]
struct RolePage {
    member: Membership,
    role: String,
    choices: Vec<Choice>,
    tokens: usize,
    revoke_tokens: bool,
    href: String,
    errors: Vec<FieldError>,
}

impl RolePage {
    fn new(request: &Request, form: Option<RoleForm>, errors: Vec<FieldError>) -> Result<RolePage, Error> {
        let (workspace, member, granter) = subject(request)?;
        let (roles, tokens) =
            request.read_control(|db| Ok((roles::list(db, workspace)?, tokens_in_force(db, workspace, member.id)?)))?;
        let (role, revoke_tokens) = match form {
            Some(form) => (form.role, form.revoke_tokens),
            None => (member.role.to_string(), false),
        };
        Ok(RolePage {
            choices: roles.iter().filter(|role| granter.covers(role)).map(roles::pages::choice).collect(),
            href: request.url(&format!("/settings/members/{}", member.id)),
            role,
            tokens,
            revoke_tokens,
            member,
            errors,
        })
    }
}

fn role(request: &Request) -> Result<Reply, Error> {
    request.page_below("Role", ABOVE_MEMBER, &RolePage::new(request, None, Vec::new())?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleForm {
    #[serde(default)]
    role: String,
    #[serde(default)]
    revoke_tokens: bool,
}

fn change_role(request: &Request) -> Result<Reply, Error> {
    let form: RoleForm = request.form()?;
    let (workspace, member, granter) = subject(request)?;
    // No role at all is an unknown role.
    let wanted = form.role.parse().unwrap_or(RoleId(0));
    let done = request
        .write_control(|tx| service::change_role(tx, workspace, &granter, member.id, wanted, form.revoke_tokens));
    match done {
        Ok(()) => Ok(Reply::see_other(request.url("/settings/members")).toast("role-given")),
        Err(error) => {
            let page = RolePage::new(request, Some(form), form_errors(error)?)?;
            request.page_with_errors("Role", ABOVE_MEMBER, &page)
        }
    }
}

#[derive(Template)]
#[template(path = "members/memberships/remove.html")]
struct RemovePage {
    member: Membership,
    tokens: usize,
    href: String,
    errors: Vec<FieldError>,
}

impl RemovePage {
    fn new(request: &Request, errors: Vec<FieldError>) -> Result<RemovePage, Error> {
        let (workspace, member, _) = subject(request)?;
        let tokens = request.read_control(|db| tokens_in_force(db, workspace, member.id))?;
        let href = request.url(&format!("/settings/members/{}", member.id));
        Ok(RemovePage { member, tokens, href, errors })
    }
}

fn ask_remove(request: &Request) -> Result<Reply, Error> {
    request.page_below("Remove", ABOVE_MEMBER, &RemovePage::new(request, Vec::new())?)
}

fn remove(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let (workspace, member, granter) = subject(request)?;
    match request.write_control(|tx| service::remove(tx, workspace, &granter, member.id)) {
        Ok(()) if granter.member == Some(member.id) => Ok(Reply::see_other("/")),
        Ok(()) => Ok(Reply::see_other(request.url("/settings/members")).toast("member-removed")),
        Err(error) => {
            let page = RemovePage::new(request, form_errors(error)?)?;
            request.page_with_errors("Remove", ABOVE_MEMBER, &page)
        }
    }
}

#[derive(Template)]
#[template(path = "members/memberships/ownership.html")]
struct OwnershipPage {
    to: String,
    choices: Vec<Choice>,
    back: String,
    invite: String,
    errors: Vec<FieldError>,
}

impl OwnershipPage {
    fn new(request: &Request, to: String, errors: Vec<FieldError>) -> Result<OwnershipPage, Error> {
        let granter = Granter::of(&request.visitor)?;
        if !granter.is_owner() {
            return Err(Error::Forbidden);
        }
        let workspace = request.member()?.workspace_id();
        let members = request.read_control(|db| service::list(db, workspace))?;
        let heirs = members.iter().filter(|member| {
            member.state == State::Active && member.account_is_active && granter.member != Some(member.id)
        });
        Ok(OwnershipPage {
            to,
            choices: heirs
                .map(|member| Choice::new(member.id.to_string(), format!("{}, {}", member.name, member.role_name)))
                .collect(),
            back: request.url("/settings/general"),
            invite: request.url("/settings/invitations/new"),
            errors,
        })
    }
}

fn ownership(request: &Request) -> Result<Reply, Error> {
    request.page_below("Ownership", ABOVE, &OwnershipPage::new(request, String::new(), Vec::new())?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnershipForm {
    #[serde(default)]
    to: String,
}

fn transfer(request: &Request) -> Result<Reply, Error> {
    let form: OwnershipForm = request.form()?;
    let granter = Granter::of(&request.visitor)?;
    let workspace = request.member()?.workspace_id();
    let to = form.to.parse().unwrap_or(MemberId(0));
    let done = request.write_control(|tx| service::transfer_ownership(tx, &request.app, workspace, &granter, to));
    match done {
        Ok(()) => {
            crate::jobs::ask(&request.app, &crate::mail::jobs::DELIVER, None)?;
            Ok(Reply::see_other(request.url("/settings/members")).toast("ownership-handed-over"))
        }
        Err(error) => {
            let page = OwnershipPage::new(request, form.to, form_errors(error)?)?;
            request.page_with_errors("Ownership", ABOVE, &page)
        }
    }
}
