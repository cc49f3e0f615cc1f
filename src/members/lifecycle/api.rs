//! Closing, bringing back and deleting workspaces by a program of the operator, and what became of deleted ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CLOSED_DAYS, End, GRACE_DAYS, service};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::members::wire::Collection;
use crate::members::workspaces;
use crate::permission::OperatorScope;
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::OperatorProgram(OperatorScope::ViewWorkspaces);
const MANAGE: Access = Access::OperatorProgram(OperatorScope::ManageWorkspaces);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/operator/workspace-ends", VIEW, list).api(&LIST),
    Route::post("/api/v1/operator/workspaces/{slug}/close", MANAGE, close).api(&CLOSE),
    Route::post("/api/v1/operator/workspaces/{slug}/reopen", MANAGE, reopen).api(&REOPEN),
    Route::post("/api/v1/operator/workspaces/{slug}/delete", MANAGE, delete).api(&DELETE),
];

const LIST: Operation = Operation {
    summary: "Lists workspaces that are closed, to be deleted or gone, each with its deadlines and its certificate.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<Collection<WorkspaceEnd>>),
};
const CLOSE: Operation = Operation {
    summary: "Makes a workspace read only until it is deleted by itself. It can be reopened meanwhile.",
    query: &[],
    request: Some(schema::<Closing>),
    status: 200,
    response: Some(schema::<WorkspaceEnd>),
};
const REOPEN: Operation = Operation {
    summary: "Puts a closed workspace, or one whose deletion was asked for, back in service as it was.",
    query: &[],
    request: None,
    status: 204,
    response: None,
};
const DELETE: Operation = Operation {
    summary: "Asks for the deletion of a workspace. Nobody comes in any more; it is destroyed when the grace is over.",
    query: &[],
    request: Some(schema::<Deletion>),
    status: 200,
    response: Some(schema::<WorkspaceEnd>),
};

/// Where a workspace stands on its way out. It names nobody.
#[derive(Serialize, JsonSchema)]
struct WorkspaceEnd {
    /// 32 hexadecimal digits.
    workspace: String,
    closed_until: Option<String>,
    deletion_requested_at: Option<String>,
    /// When a second owner agreed; before that, and within the first day, nothing is destroyed.
    agreed_at: Option<String>,
    /// It can still be put back in service.
    can_be_kept: bool,
    /// When key, files and rows are destroyed.
    purge_due_at: Option<String>,
    purged_at: Option<String>,
    backups_gone_at: Option<String>,
    key_copies_gone_at: Option<String>,
    /// The step that is late, in words.
    overdue: Option<String>,
    /// Signed; `holdfast certificate verify` checks it.
    certificate: Option<String>,
}

impl WorkspaceEnd {
    fn new(end: End, now: Timestamp) -> WorkspaceEnd {
        let at = |moment: Option<Timestamp>| moment.map(Timestamp::rfc3339);
        WorkspaceEnd {
            workspace: end.workspace.to_string(),
            closed_until: at(end.closed_until),
            deletion_requested_at: at(end.requested_at),
            agreed_at: at(end.confirmed_at),
            can_be_kept: end.can_reopen(now),
            purge_due_at: at(end.purge_due()),
            purged_at: at(end.purged_at),
            backups_gone_at: at(end.backups_gone_at),
            key_copies_gone_at: at(end.key_copies_gone_at),
            overdue: end.overdue(now).map(str::to_owned),
            certificate: end.certificate,
        }
    }
}

/// How long it can be read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Closing {
    /// 1 to 365; 30 when left out.
    #[serde(default)]
    days: Option<i64>,
}

/// What is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Deletion {
    /// The workspace's name as it stands, so that no wrong one is deleted.
    name: String,
    /// Days in which it can be brought back: 0 to 30, 7 when left out.
    #[serde(default)]
    grace_days: Option<i64>,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let ends = request.read_control(service::all)?;
    let data = ends.into_iter().map(|end| WorkspaceEnd::new(end, request.now())).collect();
    Reply::json(&Collection { data, next_cursor: None, total: None })
}

fn named(request: &Request) -> Result<WorkspaceId, Error> {
    let slug: String = request.param("slug")?;
    Ok(request.read_control(|db| workspaces::find_by_slug(db, &slug))?.id)
}

fn shown(request: &Request, id: WorkspaceId) -> Result<Reply, Error> {
    let end = request.read_control(|db| service::find(db, id))?.ok_or(Error::NotFound("workspace"))?;
    Reply::json(&WorkspaceEnd::new(end, request.now()))
}

fn close(request: &Request) -> Result<Reply, Error> {
    let closing: Closing = request.json()?;
    let id = named(request)?;
    idempotency::once(request, || {
        request.write_control(|tx| service::close(tx, id, closing.days.unwrap_or(CLOSED_DAYS)))?;
        shown(request, id)
    })
}

fn reopen(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let id = named(request)?;
    idempotency::once(request, || {
        request.write_control(|tx| service::reopen(tx, id))?;
        Ok(Reply::nothing())
    })
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let asked: Deletion = request.json()?;
    let id = named(request)?;
    idempotency::once(request, || {
        let grace = asked.grace_days.unwrap_or(GRACE_DAYS);
        service::request_deletion(&request.app, &request.origin(), id, &asked.name, grace)?;
        shown(request, id)
    })
}
