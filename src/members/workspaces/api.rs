//! `/api/v1/workspace`: the one workspace that the token belongs to.

use schemars::JsonSchema;
use serde::Serialize;

use super::service;
use crate::error::Error;
use crate::web::{Access, Operation, Reply, Request, Route, schema};

pub const ROUTES: &[Route] = &[Route::get("/api/v1/workspace", Access::Member, show).api(&SHOW)];

const SHOW: Operation = Operation {
    summary: "Gives the workspace that the token belongs to.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<WorkspaceWire>),
};

/// A workspace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Workspace")]
struct WorkspaceWire {
    /// 32 hexadecimal digits.
    id: String,
    version: i64,
    slug: String,
    name: String,
    /// `active`, or `read_only` while it is being closed.
    state: String,
    created_at: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id = request.member()?.workspace_id();
    let workspace = request.read_control(|db| service::find(db, id))?;
    Reply::json(&WorkspaceWire {
        id: workspace.id.to_string(),
        version: workspace.version,
        slug: workspace.slug,
        name: workspace.name,
        state: workspace.state,
        created_at: workspace.created_at.rfc3339(),
    })
}
