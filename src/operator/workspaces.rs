//! `/operator`: the workspaces of the installation, and making a new one.

use std::collections::HashMap;

use askama::Template;
use serde::Deserialize;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::WorkspaceId;
use crate::members;
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/operator", Access::Operator, list),
    Route::get("/operator/workspaces/new", Access::Operator, new),
    Route::post("/operator/workspaces/new", Access::Operator, create),
];

#[derive(Template)]
#[template(path = "operator/workspaces/list.html")]
struct List {
    rows: Vec<Row>,
    total_bytes: i64,
    free_bytes: i64,
    open: usize,
    version: &'static str,
}

/// What an operator may know of a workspace: that it exists, its size, how many may enter.
pub(super) struct Row {
    pub id: WorkspaceId,
    pub version: i64,
    pub slug: String,
    pub name: String,
    pub state: String,
    pub members: i64,
    pub created_at: Timestamp,
    pub bytes: i64,
}

impl Row {
    fn state_words(&self) -> (&'static str, &'static str) {
        match self.state.as_str() {
            "active" => ("kept", "In service"),
            "read_only" => ("risk", "Read only"),
            "deleting" => ("risk", "Being deleted"),
            _ => ("", "Deleted"),
        }
    }

    fn folder(&self) -> String {
        format!("workspaces/{}", self.id)
    }
}

/// Every workspace by name, without its size, which is found on disk ([`weigh`]).
pub(super) fn rows(db: &Db) -> Result<Vec<Row>, Error> {
    db.rows(
        "SELECT w.id, w.version, w.slug, w.name, w.state, w.created_at,
                (SELECT count(*) FROM memberships m WHERE m.workspace_id = w.id AND m.state = 'active') AS members
         FROM workspaces w ORDER BY w.name",
        &[],
        |row| {
            Ok(Row {
                id: row.get("id")?,
                version: row.get("version")?,
                slug: row.get("slug")?,
                name: row.get("name")?,
                state: row.get("state")?,
                members: row.get("members")?,
                created_at: row.get("created_at")?,
                bytes: 0,
            })
        },
    )
}

/// Looks up what the files of each workspace take on disk.
pub(super) fn weigh(app: &App, rows: &mut [Row]) {
    for row in rows {
        row.bytes = i64::try_from(app.workspaces.size_of(row.id)).unwrap_or(i64::MAX);
    }
}

/// The place of each workspace in addresses.
pub(super) fn slugs(db: &Db) -> Result<HashMap<WorkspaceId, String>, Error> {
    let rows = db.rows("SELECT id, slug FROM workspaces", &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.into_iter().collect())
}

fn list(request: &Request) -> Result<Reply, Error> {
    let app = &request.app;
    let mut rows = request.read_control(rows)?;
    weigh(app, &mut rows);
    let stat = rustix::fs::statvfs(&app.config.data).map_err(std::io::Error::from)?;
    let page = List {
        total_bytes: rows.iter().map(|row| row.bytes).sum(),
        free_bytes: i64::try_from(stat.f_bavail * stat.f_frsize).unwrap_or(i64::MAX),
        open: app.workspaces.open_count(),
        version: env!("CARGO_PKG_VERSION"),
        rows,
    };
    request.page("Operator console", &page)
}

#[derive(Template)]
#[template(path = "operator/workspaces/new.html")]
struct New {
    form: NewWorkspace,
    errors: Vec<FieldError>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewWorkspace {
    name: String,
    slug: String,
    owner: String,
}

const ABOVE: &[(&str, &str)] = &[("Operator console", "/operator")];

fn new(request: &Request) -> Result<Reply, Error> {
    request.page_below("New workspace", ABOVE, &New { form: NewWorkspace::default(), errors: Vec::new() })
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: NewWorkspace = request.form()?;
    match members::workspaces::create_for(&request.app, &request.origin(), &form.name, &form.slug, &form.owner) {
        Ok(_) => Ok(Reply::see_other("/operator").toast("workspace-made")),
        Err(Error::Invalid(errors)) => request.page_with_errors("New workspace", ABOVE, &New { form, errors }),
        Err(error) => Err(error),
    }
}
