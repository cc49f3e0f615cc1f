//! `/api/v1/tokens`: which programs come in, and how to lock one out. Making one is for people (see the module).

use schemars::JsonSchema;
use serde::Serialize;

use super::{ApiToken, service};
use crate::error::Error;
use crate::id::TokenId;
use crate::members::directory;
use crate::members::wire::{Collection, MemberReference, PAGING, Paging};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, schema};

// POST is absent on purpose: a token must not make tokens.
pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/tokens", Access::may(Action::View, Area::Tokens), list).api(&LIST),
    Route::delete("/api/v1/tokens/{id}", Access::may(Action::Manage, Area::Tokens), revoke).api(&REVOKE),
];

const LIST: Operation = Operation {
    summary: "Lists the API tokens, without their secret.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<ApiTokenWire>>),
};
const REVOKE: Operation =
    Operation { summary: "Revokes an API token.", query: &[], request: None, status: 204, response: None };

/// An API token. The token itself was shown once and is kept nowhere.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiToken")]
struct ApiTokenWire {
    id: TokenId,
    name: String,
    /// The first characters, to recognise it by.
    prefix: String,
    /// Whom it acts for.
    member: MemberReference,
    scopes: Vec<String>,
    /// CIDR blocks it may come from; empty: any.
    allowed_networks: Vec<String>,
    created_at: String,
    expires_at: String,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let workspace = request.member()?.workspace_id();
    let (tokens, people) =
        request.read_control(|db| Ok((service::list(db, workspace)?, directory::read(db, workspace)?)))?;
    let wire = |token: ApiToken| ApiTokenWire {
        id: token.id,
        name: token.name,
        prefix: token.prefix,
        member: MemberReference::of(&people, token.member),
        scopes: token.scopes.iter().map(|scope| scope.word()).collect(),
        allowed_networks: token.allowed_networks.split_whitespace().map(str::to_owned).collect(),
        created_at: token.created_at.rfc3339(),
        expires_at: token.expires_at.rfc3339(),
        last_used_at: token.last_used_at.map(|at| at.rfc3339()),
        revoked_at: token.revoked_at.map(|at| at.rfc3339()),
    };
    Reply::json(&paging.cut(tokens, |token| token.id.0, wire)?)
}

fn revoke(request: &Request) -> Result<Reply, Error> {
    let workspace = request.member()?.workspace_id();
    let id: TokenId = request.param("id")?;
    request.write_control(|tx| service::revoke(tx, workspace, id))?;
    Ok(Reply::nothing())
}
