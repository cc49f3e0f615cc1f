//! `/api/v1/teams`: who works on one another's records.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Team, service};
use crate::error::Error;
use crate::id::TeamId;
use crate::members::directory;
use crate::members::wire::{Collection, MemberReference, PAGING, Paging};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, schema};

pub const ROUTES: &[Route] = &[Route::get("/api/v1/teams", Access::may(Action::View, Area::Members), list).api(&LIST)];

const LIST: Operation = Operation {
    summary: "Lists the teams with their members.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<TeamWire>>),
};

/// A team.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Team")]
struct TeamWire {
    id: TeamId,
    name: String,
    members: Vec<MemberReference>,
    created_at: String,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let workspace = request.member()?.workspace_id();
    let (teams, people) =
        request.read_control(|db| Ok((service::list(db, workspace)?, directory::read(db, workspace)?)))?;
    let wire = |team: Team| TeamWire {
        id: team.id,
        name: team.name,
        members: team.members.iter().map(|id| MemberReference::of(&people, *id)).collect(),
        created_at: team.created_at.rfc3339(),
    };
    Reply::json(&paging.cut(teams, |team| team.id.0, wire)?)
}
