//! `/api/v1/invitations`: those that wait, a new one, taking one back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Invitation, service};
use crate::error::Error;
use crate::id::{InvitationId, RoleId};
use crate::members::directory::{self, Directory};
use crate::members::roles::Granter;
use crate::members::wire::{Collection, MemberReference, PAGING, Paging};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::may(Action::View, Area::Members);
const MANAGE: Access = Access::may(Action::Manage, Area::Members);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/invitations", VIEW, list).api(&LIST),
    Route::post("/api/v1/invitations", MANAGE, create).api(&CREATE),
    Route::get("/api/v1/invitations/{id}", VIEW, show).api(&SHOW),
    Route::delete("/api/v1/invitations/{id}", MANAGE, revoke).api(&REVOKE),
];

const LIST: Operation = Operation {
    summary: "Lists the invitations nobody has accepted yet.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<InvitationWire>>),
};
const CREATE: Operation = Operation {
    summary: "Invites somebody by mail. A token invites to roles within its own scopes only.",
    query: &[],
    request: Some(schema::<NewInvitation>),
    status: 201,
    response: Some(schema::<InvitationWire>),
};
const SHOW: Operation = Operation {
    summary: "Gives one invitation that waits.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<InvitationWire>),
};
const REVOKE: Operation =
    Operation { summary: "Takes an invitation back.", query: &[], request: None, status: 204, response: None };

/// An invitation that waits.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
struct InvitationWire {
    id: InvitationId,
    email: String,
    role: InvitedRole,
    /// Null when the operator sent it.
    invited_by: Option<MemberReference>,
    created_at: String,
    /// The link works until then.
    expires_at: String,
}

/// The role that an invitation leads to.
#[derive(Serialize, JsonSchema)]
struct InvitedRole {
    id: RoleId,
    name: String,
}

/// Whom to invite.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    email: String,
    /// Id of the role they get.
    role: RoleId,
}

fn wire(people: &Directory, invitation: Invitation) -> InvitationWire {
    InvitationWire {
        id: invitation.id,
        email: invitation.email,
        role: InvitedRole { id: invitation.role, name: invitation.role_name },
        invited_by: invitation.invited_by.map(|id| MemberReference::of(people, id)),
        created_at: invitation.created_at.rfc3339(),
        expires_at: invitation.expires_at.rfc3339(),
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let workspace = request.member()?.workspace_id();
    let (invitations, people) =
        request.read_control(|db| Ok((service::list(db, workspace)?, directory::read(db, workspace)?)))?;
    Reply::json(&paging.cut(invitations, |one| one.id.0, |one| wire(&people, one))?)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let new: NewInvitation = request.json()?;
    let workspace = request.member()?.workspace_id();
    let granter = Granter::of(&request.visitor)?;
    let reply = idempotency::write_control(request, |tx| {
        let id = service::invite(tx, &request.app, workspace, &granter, &new.email, new.role)?;
        let people = directory::read(tx, workspace)?;
        Reply::created(format!("/api/v1/invitations/{id}"), &wire(&people, service::find(tx, workspace, id)?))
    })?;
    crate::jobs::ask(&request.app, &crate::mail::jobs::DELIVER, None)?;
    Ok(reply)
}

fn show(request: &Request) -> Result<Reply, Error> {
    let workspace = request.member()?.workspace_id();
    let id: InvitationId = request.param("id")?;
    let (invitation, people) =
        request.read_control(|db| Ok((service::find(db, workspace, id)?, directory::read(db, workspace)?)))?;
    Reply::json(&wire(&people, invitation))
}

fn revoke(request: &Request) -> Result<Reply, Error> {
    let workspace = request.member()?.workspace_id();
    let id: InvitationId = request.param("id")?;
    let granter = Granter::of(&request.visitor)?;
    request.write_control(|tx| service::revoke(tx, workspace, &granter, id))?;
    Ok(Reply::nothing())
}
