//! `/api/v1/operator/tokens`: which programs of operators come in, and how to lock one out. Making one is for people.

use schemars::JsonSchema;
use serde::Serialize;

use super::moment;
use crate::error::Error;
use crate::id::OperatorTokenId;
use crate::members::operator_tokens::{self, OperatorToken};
use crate::members::wire::{Collection, PAGING, Paging};
use crate::permission::OperatorScope;
use crate::web::{Access, Operation, Reply, Request, Route, schema};

const VIEW: Access = Access::OperatorProgram(OperatorScope::ViewTokens);
const MANAGE: Access = Access::OperatorProgram(OperatorScope::ManageTokens);

// POST is absent on purpose: a token must not make tokens.
pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/operator/tokens", VIEW, list).api(&LIST),
    Route::delete("/api/v1/operator/tokens/{id}", MANAGE, revoke).api(&REVOKE),
];

const LIST: Operation = Operation {
    summary: "Lists the tokens of operators, without their secret.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<OperatorTokenWire>>),
};
const REVOKE: Operation =
    Operation { summary: "Revokes a token of an operator.", query: &[], request: None, status: 204, response: None };

/// A token of an operator. The token itself was shown once and is kept nowhere.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OperatorToken")]
struct OperatorTokenWire {
    id: OperatorTokenId,
    name: String,
    /// The first characters, to recognise it by.
    prefix: String,
    /// In whose name it acts.
    operator: String,
    scopes: Vec<String>,
    /// CIDR blocks it may come from; empty: any.
    allowed_networks: Vec<String>,
    created_at: String,
    expires_at: String,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

impl From<OperatorToken> for OperatorTokenWire {
    fn from(token: OperatorToken) -> OperatorTokenWire {
        OperatorTokenWire {
            id: token.id,
            name: token.name,
            prefix: token.prefix,
            operator: token.operator,
            scopes: token.scopes.iter().map(|scope| scope.word().to_owned()).collect(),
            allowed_networks: token.allowed_networks.split_whitespace().map(str::to_owned).collect(),
            created_at: token.created_at.rfc3339(),
            expires_at: token.expires_at.rfc3339(),
            last_used_at: moment(token.last_used_at),
            revoked_at: moment(token.revoked_at),
        }
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let tokens = request.read_control(operator_tokens::list)?;
    Reply::json(&paging.cut(tokens, |token| token.id.0, OperatorTokenWire::from)?)
}

fn revoke(request: &Request) -> Result<Reply, Error> {
    let id: OperatorTokenId = request.param("id")?;
    request.write_control(|tx| operator_tokens::revoke(tx, id))?;
    Ok(Reply::nothing())
}
