//! `/api/v1/operator/workspaces`: which there are, their state and size, and making one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::jobs;
use crate::mail;
use crate::members;
use crate::members::wire::{Collection, PAGING, Paging};
use crate::operator::workspaces::{self, Row};
use crate::permission::OperatorScope;
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::OperatorProgram(OperatorScope::ViewWorkspaces);
const MANAGE: Access = Access::OperatorProgram(OperatorScope::ManageWorkspaces);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/operator/workspaces", VIEW, list).api(&LIST),
    Route::post("/api/v1/operator/workspaces", MANAGE, create).api(&CREATE),
    Route::get("/api/v1/operator/workspaces/{slug}", VIEW, show).api(&SHOW),
];

const LIST: Operation = Operation {
    summary: "Lists the workspaces of the installation, by their place in addresses.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<OperatorWorkspace>>),
};
const CREATE: Operation = Operation {
    summary: "Makes a workspace. Without an account its owner gets an invitation.",
    query: &[],
    request: Some(schema::<NewWorkspace>),
    status: 201,
    response: Some(schema::<OperatorWorkspace>),
};
const SHOW: Operation = Operation {
    summary: "Gives a workspace: its state and its size, nothing of what is in it.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<OperatorWorkspace>),
};

/// A workspace from outside.
#[derive(Serialize, JsonSchema)]
struct OperatorWorkspace {
    /// 32 hexadecimal digits; the name of its folder.
    id: String,
    version: i64,
    /// Its place in addresses. It never changes.
    slug: String,
    name: String,
    /// `active`, `read_only`, `deleting` or `deleted`.
    state: String,
    /// How many may enter.
    members: i64,
    /// What its folder takes on disk.
    bytes: i64,
    created_at: String,
}

impl From<Row> for OperatorWorkspace {
    fn from(row: Row) -> OperatorWorkspace {
        OperatorWorkspace {
            id: row.id.to_string(),
            version: row.version,
            slug: row.slug,
            name: row.name,
            state: row.state,
            members: row.members,
            bytes: row.bytes,
            created_at: row.created_at.rfc3339(),
        }
    }
}

/// What a workspace is made from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewWorkspace {
    name: String,
    /// Small letters, digits and single hyphens, 2 to 40 of them.
    slug: String,
    /// The e-mail address of whoever owns it.
    owner: String,
}

/// The parameters of the list. Its cursor is a slug.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    count: bool,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let limit = Paging::new(query.limit, None, query.count).limit()?;
    let mut rows = request.read_control(workspaces::rows)?;
    let total = query.count.then_some(rows.len());
    rows.sort_by(|one, other| one.slug.cmp(&other.slug));
    rows.retain(|row| query.cursor.as_ref().is_none_or(|cursor| row.slug > *cursor));
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    // Only what is shown is looked up on disk.
    workspaces::weigh(&request.app, &mut rows);
    let next_cursor = rows.last().filter(|_| has_more).map(|last| last.slug.clone());
    let data = rows.into_iter().map(OperatorWorkspace::from).collect();
    Reply::json(&Collection { data, next_cursor, total })
}

fn show(request: &Request) -> Result<Reply, Error> {
    let slug: String = request.param("slug")?;
    Reply::json(&find(request, &slug)?)
}

fn find(request: &Request, slug: &str) -> Result<OperatorWorkspace, Error> {
    let mut rows = request.read_control(workspaces::rows)?;
    rows.retain(|row| row.slug == slug);
    workspaces::weigh(&request.app, &mut rows);
    rows.pop().map(OperatorWorkspace::from).ok_or(Error::NotFound("workspace"))
}

fn create(request: &Request) -> Result<Reply, Error> {
    let new: NewWorkspace = request.json()?;
    idempotency::once(request, || {
        let app = &request.app;
        let id = members::workspaces::create_for(app, &request.origin(), &new.name, &new.slug, &new.owner)?;
        jobs::ask(app, &mail::jobs::DELIVER, None)?;
        let slug = request.read_control(|db| members::workspaces::find(db, id))?.slug;
        Reply::created(format!("/api/v1/operator/workspaces/{slug}"), &find(request, &slug)?)
    })
}
