//! `/api/v1/members`: who may enter the workspace. Changing that stays with people, in the browser.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Membership, service};
use crate::error::Error;
use crate::id::{MemberId, RoleId, TeamId};
use crate::members::wire::{Collection, PAGING, Paging};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, schema};

const VIEW: Access = Access::may(Action::View, Area::Members);

pub const ROUTES: &[Route] =
    &[Route::get("/api/v1/members", VIEW, list).api(&LIST), Route::get("/api/v1/members/{id}", VIEW, show).api(&SHOW)];

const LIST: Operation = Operation {
    summary: "Lists the active and suspended members.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<MemberWire>>),
};
const SHOW: Operation = Operation {
    summary: "Gives one member.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<MemberWire>),
};

/// A member of the workspace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Member")]
struct MemberWire {
    id: MemberId,
    version: i64,
    /// The display name, or the address when there is none.
    name: String,
    email: String,
    role: MemberRole,
    teams: Vec<MemberTeam>,
    /// `active` or `suspended`.
    state: &'static str,
    second_factor: bool,
    last_sign_in_at: Option<String>,
    created_at: String,
    updated_at: String,
}

/// The role of a member.
#[derive(Serialize, JsonSchema)]
struct MemberRole {
    id: RoleId,
    key: String,
    name: String,
}

/// A team of a member.
#[derive(Serialize, JsonSchema)]
struct MemberTeam {
    id: TeamId,
    name: String,
}

fn wire(member: Membership) -> MemberWire {
    MemberWire {
        id: member.id,
        version: member.version,
        name: member.name,
        email: member.email,
        role: MemberRole { id: member.role, key: member.role_key, name: member.role_name },
        teams: member.teams.into_iter().map(|(id, name)| MemberTeam { id, name }).collect(),
        state: member.state.word(),
        second_factor: member.has_second_factor,
        last_sign_in_at: member.last_sign_in_at.map(|at| at.rfc3339()),
        created_at: member.created_at.rfc3339(),
        updated_at: member.updated_at.rfc3339(),
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let workspace = request.member()?.workspace_id();
    let members = request.read_control(|db| service::list(db, workspace))?;
    Reply::json(&paging.cut(members, |member| member.id.0, wire)?)
}

fn show(request: &Request) -> Result<Reply, Error> {
    let workspace = request.member()?.workspace_id();
    let id: MemberId = request.param("id")?;
    Reply::json(&wire(request.read_control(|db| service::find(db, workspace, id))?))
}
