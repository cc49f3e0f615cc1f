//! `/api/v1/workspace-exports`: the whole workspace as one file, for programs of its owners.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{WorkspaceExport, jobs, pages, service};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::WorkspaceExportId;
use crate::jobs as scheduler;
use crate::permission::{Action, Area};
use crate::privacy::parcel::Standing;
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);
/// In one answer, when nobody says how many.
const USUAL: usize = 50;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/workspace-exports", MANAGE, list).api(&Operation {
        summary: "Lists exports of the whole workspace, newest first. For owners.",
        query: &[
            QueryParameter {
                name: "limit",
                description: "How many.",
                kind: QueryKind::Integer { least: 1, most: 200 },
            },
            QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
        ],
        request: None,
        status: 200,
        response: Some(schema::<WorkspaceExports>),
    }),
    Route::post("/api/v1/workspace-exports", MANAGE, create).api(&Operation {
        summary: "Asks for a file with everything in the workspace. A job makes it. For owners; one at a time.",
        query: &[],
        request: None,
        status: 202,
        response: Some(schema::<WorkspaceExportWire>),
    }),
    Route::get("/api/v1/workspace-exports/schema", MANAGE, give_schema).api(&Operation {
        summary: "Gives the JSON Schema of the file.",
        query: &[],
        request: None,
        status: 200,
        response: None,
    }),
    Route::get("/api/v1/workspace-exports/{id}", MANAGE, show).api(&Operation {
        summary: "Gives an export: how far it is, and what is in it.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<WorkspaceExportWire>),
    }),
    Route::get("/api/v1/workspace-exports/{id}/file", MANAGE, pages::take).conflicting().api(&Operation {
        summary: "Gives the file, JSON, once. A second time is refused with 409.",
        query: &[],
        request: None,
        status: 200,
        response: None,
    }),
    Route::post("/api/v1/workspace-exports/{id}/removal", MANAGE, remove).api(&Operation {
        summary: "Stops an export that is being made, or destroys one before its seven days are over.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<WorkspaceExportWire>),
    }),
];

/// A file with everything in the workspace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkspaceExport")]
struct WorkspaceExportWire {
    id: WorkspaceExportId,
    /// `building`, `ready`, `taken`, `expired` or `cancelled`.
    state: &'static str,
    /// Tables that are written, of `steps`.
    step: i64,
    steps: i64,
    rows: i64,
    files: i64,
    /// Files that could not be read; they are listed in it.
    damaged: i64,
    /// Bytes.
    size: i64,
    /// Of the file, in hex; empty until it is made.
    sha256: String,
    /// Where the file is taken, once.
    file_url: String,
    /// The member who asked for it.
    created_by: Option<i64>,
    created_at: String,
    ready_at: Option<String>,
    taken_at: Option<String>,
    /// The file and its key are destroyed then: seven days after it was made.
    expires_at: String,
}

#[derive(Serialize, JsonSchema)]
struct WorkspaceExports {
    data: Vec<WorkspaceExportWire>,
    /// Ask with it for the next page; `null` on the last.
    next_cursor: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    limit: Option<usize>,
    cursor: Option<i64>,
}

fn wire(export: &WorkspaceExport, now: Timestamp) -> WorkspaceExportWire {
    // The job comes by once an hour; the time is over when it is over.
    let is_over = export.standing(now) == Standing::Gone && export.state.word() != "cancelled";
    WorkspaceExportWire {
        id: export.id,
        state: if is_over { "expired" } else { export.state.word() },
        step: export.step,
        steps: export.steps,
        rows: export.rows,
        files: export.files,
        damaged: export.damaged,
        size: export.size,
        sha256: data_encoding::HEXLOWER.encode(&export.sha256),
        file_url: format!("/api/v1/workspace-exports/{}/file", export.id),
        created_by: export.created_by.map(|by| by.0),
        created_at: export.created_at.rfc3339(),
        ready_at: export.ready_at.map(Timestamp::rfc3339),
        taken_at: export.taken_at.map(Timestamp::rfc3339),
        expires_at: export.expires_at.rfc3339(),
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    pages::owner(request)?;
    let query: ListQuery = request.query()?;
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=200).contains(&limit) {
        return Err(Error::field("limit", "out_of_range", "limit is 1 to 200."));
    }
    let mut found = request.read(|db| service::list(db, query.cursor, limit + 1))?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| has_more).map(|export| export.id.to_string());
    let data = found.iter().map(|export| wire(export, request.now())).collect();
    Reply::json(&WorkspaceExports { data, next_cursor })
}

fn create(request: &Request) -> Result<Reply, Error> {
    let member = pages::owner(request)?;
    request.no_body()?;
    let reply = idempotency::write_while_closing(request, |tx| {
        let id = service::ask(tx)?;
        let export = service::get(tx, id)?;
        Ok(Reply::created(format!("/api/v1/workspace-exports/{id}"), &wire(&export, request.now()))?.status(202))
    })?;
    scheduler::ask(&request.app, &jobs::BUILD, Some(member.workspace_id()))?;
    Ok(reply)
}

fn show(request: &Request) -> Result<Reply, Error> {
    pages::owner(request)?;
    let id: WorkspaceExportId = request.param("id")?;
    Reply::json(&wire(&request.read(|db| service::get(db, id))?, request.now()))
}

fn remove(request: &Request) -> Result<Reply, Error> {
    let member = pages::owner(request)?;
    request.no_body()?;
    let id: WorkspaceExportId = request.param("id")?;
    let reply = idempotency::write_while_closing(request, |tx| {
        service::remove(tx, id)?;
        Reply::json(&wire(&service::get(tx, id)?, request.now()))
    })?;
    scheduler::ask(&request.app, &jobs::FORGET, Some(member.workspace_id()))?;
    Ok(reply)
}

fn give_schema(_: &Request) -> Result<Reply, Error> {
    Reply::json(&super::schema())
}
