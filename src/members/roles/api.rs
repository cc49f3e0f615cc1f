//! `/api/v1/roles`: what each role may do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Role, service};
use crate::error::Error;
use crate::id::RoleId;
use crate::members::wire::{Collection, PAGING, Paging};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, schema};

pub const ROUTES: &[Route] = &[Route::get("/api/v1/roles", Access::may(Action::View, Area::Roles), list).api(&LIST)];

const LIST: Operation = Operation {
    summary: "Lists the roles with what each may do.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<RoleWire>>),
};

/// A role.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Role")]
struct RoleWire {
    id: RoleId,
    version: i64,
    /// `owner`, `admin`, `member`, `viewer`, `privacy_officer`, or a key of its own.
    key: String,
    name: String,
    builtin: bool,
    /// `contacts.view` → `own`, `team` or `all`; what is absent is not allowed.
    permissions: BTreeMap<String, &'static str>,
    requires_second_factor: bool,
    /// How many members have it.
    members: i64,
    updated_at: String,
}

fn wire(role: Role) -> RoleWire {
    RoleWire {
        id: role.id,
        version: role.version,
        key: role.key,
        name: role.name,
        builtin: role.is_builtin,
        permissions: role.permissions.iter().map(|(permission, level)| (permission.word(), level.word())).collect(),
        requires_second_factor: role.requires_second_factor,
        members: role.members,
        updated_at: role.updated_at.rfc3339(),
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let workspace = request.member()?.workspace_id();
    let roles = request.read_control(|db| service::list(db, workspace))?;
    Reply::json(&paging.cut(roles, |role| role.id.0, wire)?)
}
