//! `/settings/data-export`: the whole workspace as one file, for its owners: asked for, watched, taken once.

use std::io::Write;

use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

use super::{WorkspaceExport, jobs, service};
use crate::clock::Timestamp;
use crate::db::Workspace;
use crate::error::Error;
use crate::id::WorkspaceExportId;
use crate::jobs as scheduler;
use crate::members::directory;
use crate::members::roles::OWNER;
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::permission::{Action, Area};
use crate::privacy::parcel::State;
use crate::visitor::Member;
use crate::web::ui;
use crate::web::{Access, JSON, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);
const HERE: &str = "/settings/data-export";
/// Exports on the page; a year of them is in the API and in the audit log.
const SHOWN: usize = 20;

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/data-export", MANAGE, show),
    Route::post("/w/{slug}/settings/data-export", MANAGE, build).step_up(),
    Route::get("/w/{slug}/settings/data-export/progress", MANAGE, progress),
    Route::get("/w/{slug}/settings/data-export/schema", MANAGE, give_schema),
    Route::post("/w/{slug}/settings/data-export/{id}/link", MANAGE, link).step_up(),
    Route::post("/w/{slug}/settings/data-export/{id}/file", MANAGE, file).step_up(),
    Route::post("/w/{slug}/settings/data-export/{id}/remove", MANAGE, remove).step_up(),
];

#[derive(Template)]
#[template(path = "privacy/workspace_export/show.html")]
struct Show {
    tabs: Tabs,
    is_owner: bool,
    name: String,
    slug: String,
    here: String,
    size: i64,
    rows: Vec<Row>,
    building: Option<Progress>,
}

struct Row {
    export: WorkspaceExport,
    by: String,
    path: String,
    /// The question before it is destroyed, and where the answer goes.
    dialog: String,
    remove: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "privacy/workspace_export/_progress.html")]
struct Progress {
    export: WorkspaceExport,
    /// Asked again and again while the file is made.
    refresh: String,
}

impl HtmlSafe for Progress {}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Look {
    /// The frame reads it.
    #[serde(rename = "done")]
    _done: String,
}

/// The member who asks, when they own the workspace. An admin may do all that an owner may, but not carry it all away.
pub(super) fn owner(request: &Request) -> Result<&Member, Error> {
    let member = request.member()?;
    if member.role_key == OWNER { Ok(member) } else { Err(Error::Forbidden) }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let _look: Look = request.query()?;
    let member = request.member()?;
    let is_owner = member.role_key == OWNER;
    let exports = if is_owner { request.read(|db| service::list(db, None, SHOWN))? } else { Vec::new() };
    let people = directory::directory(&request.app, member.workspace_id())?;
    let building = exports.iter().find(|export| export.state == State::Building).map(|export| watch(request, export));
    let row = |export: WorkspaceExport| Row {
        by: export.created_by.map_or("Nobody", |by| people.name(by)).to_owned(),
        path: request.url(&format!("{HERE}/{}", export.id)),
        dialog: format!("destroy-{}", export.id),
        remove: request.url(&format!("{HERE}/{}/remove", export.id)),
        is_here: export.is_here(request.now()),
        export,
    };
    let page = Show {
        tabs: tabs(request, HERE),
        is_owner,
        name: member.workspace_name.clone(),
        slug: member.workspace_slug.clone(),
        here: request.url(HERE),
        size: i64::try_from(member.workspace.file.size()).unwrap_or(i64::MAX),
        rows: exports.into_iter().map(row).collect(),
        building,
    };
    request.page_below("Data export", &[("Settings", "/settings")], &page)
}

fn watch(request: &Request, export: &WorkspaceExport) -> Progress {
    Progress { export: export.clone(), refresh: request.url(&format!("{HERE}/progress")) }
}

/// While the file is made, how far it is; after that, the page anew.
fn progress(request: &Request) -> Result<Reply, Error> {
    owner(request)?;
    match request.read(service::building)? {
        Some(export) => request.fragment(&watch(request, &export)),
        None if request.wants_fragment() => Ok(Reply::nothing().status(200).header("HX-Redirect", request.url(HERE))),
        None => Ok(Reply::see_other(request.url(HERE))),
    }
}

fn build(request: &Request) -> Result<Reply, Error> {
    let member = owner(request)?;
    request.no_fields()?;
    // Also while the workspace is being closed: it changes no record.
    member.workspace.file.write(request.now(), &request.origin(), service::ask)?;
    scheduler::ask(&request.app, &jobs::BUILD, Some(member.workspace_id()))?;
    Ok(Reply::see_other(request.url(HERE)).toast("export-asked"))
}

#[derive(Template)]
#[template(path = "privacy/workspace_export/given.html")]
struct Given {
    link: String,
    expires_at: Timestamp,
    back: String,
}

fn link(request: &Request) -> Result<Reply, Error> {
    let member = owner(request)?;
    request.no_fields()?;
    let id: WorkspaceExportId = request.param("id")?;
    let (export, token) = member.workspace.file.write(request.now(), &request.origin(), |tx| {
        let token = service::link(tx, id)?;
        Ok((service::get(tx, id)?, token))
    })?;
    let path = format!("/p/{}/exports/{}", member.workspace_slug, *token.text);
    let page = Given { link: request.app.public_url(&path), expires_at: export.expires_at, back: request.url(HERE) };
    request.page_below("The link", &[("Settings", "/settings"), ("Data export", HERE)], &page)
}

fn file(request: &Request) -> Result<Reply, Error> {
    owner(request)?;
    request.no_fields()?;
    take(request)
}

/// The file, once. Shared with the API.
pub(super) fn take(request: &Request) -> Result<Reply, Error> {
    let member = owner(request)?;
    let id: WorkspaceExportId = request.param("id")?;
    let workspace = &member.workspace;
    let export = workspace.file.write(request.now(), &request.origin(), |tx| service::take(tx, id))?;
    hand_out(request, workspace, &member.workspace_slug, &export)
}

/// The content of one that was taken.
pub(super) fn hand_out(
    request: &Request,
    workspace: &Workspace,
    slug: &str,
    export: &WorkspaceExport,
) -> Result<Reply, Error> {
    let mut content = service::open(&request.app, workspace, export)?;
    let write = move |out: &mut dyn Write| Ok(std::io::copy(&mut content, out).map(drop)?);
    Ok(Reply::download(&format!("{slug}.json"), JSON, Box::new(write)))
}

fn remove(request: &Request) -> Result<Reply, Error> {
    let member = owner(request)?;
    request.no_fields()?;
    let id: WorkspaceExportId = request.param("id")?;
    member.workspace.file.write(request.now(), &request.origin(), |tx| service::remove(tx, id))?;
    // Its key is gone already; the sealed rest of it need not wait for the hour.
    scheduler::ask(&request.app, &jobs::FORGET, Some(member.workspace_id()))?;
    Ok(Reply::see_other(request.url(HERE)).toast("export-removed"))
}

fn give_schema(_: &Request) -> Result<Reply, Error> {
    let text = serde_json::to_vec_pretty(&super::schema())?;
    let reply = Reply::bytes(200, JSON, text);
    Ok(reply.header("Content-Disposition", "attachment; filename=\"workspace.schema.json\""))
}
