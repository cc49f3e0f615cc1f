//! `/settings/data-export`: the whole workspace as one file, for whoever runs it.

use std::io::Write;

use askama::Template;

use crate::crypto::random_key;
use crate::error::Error;
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::permission::{Action, Area};
use crate::web::ui;
use crate::web::{Access, JSON, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/data-export", MANAGE, ask).step_up(),
    Route::post("/w/{slug}/settings/data-export", MANAGE, export).step_up(),
    Route::get("/w/{slug}/settings/data-export/schema", MANAGE, give_schema),
];

#[derive(Template)]
#[template(path = "privacy/workspace_export/ask.html")]
struct Ask {
    tabs: Tabs,
    name: String,
    slug: String,
    schema: String,
    size: i64,
}

fn ask(request: &Request) -> Result<Reply, Error> {
    let member = request.member()?;
    let page = Ask {
        tabs: tabs(request, "/settings/data-export"),
        name: member.workspace_name.clone(),
        slug: member.workspace_slug.clone(),
        schema: request.url("/settings/data-export/schema"),
        size: i64::try_from(member.workspace.file.size()).unwrap_or(i64::MAX),
    };
    request.page_below("Data export", &[("Settings", "/settings")], &page)
}

/// Written sealed beside the database first: it is of one moment, and whoever takes it slowly holds up nobody.
fn export(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let member = request.member()?;
    let (app, workspace) = (request.app.clone(), member.workspace.clone());
    super::note(&workspace, &app, &request.origin())?;
    let name = format!("{}.json", member.workspace_slug);
    let body = move |out: &mut dyn Write| {
        let (key, blobs) = (random_key(), workspace.packages());
        let mut sealed = std::io::BufWriter::new(blobs.create(&key, app.keys.workspace(workspace.id)?.version)?);
        super::write(&app, &workspace, &mut sealed, &mut |_| {})?;
        let sealed = sealed.into_inner().map_err(|error| Error::from(error.into_error()))?;
        // Dropped at the end, and the file with it.
        let blob = sealed.finish()?;
        blobs.place(&blob)?;
        Ok(std::io::copy(&mut blobs.open(&blob.object, &key)?, out).map(drop)?)
    };
    Ok(Reply::download(&name, JSON, Box::new(body)))
}

fn give_schema(_: &Request) -> Result<Reply, Error> {
    let text = serde_json::to_vec_pretty(&super::schema())?;
    let reply = Reply::bytes(200, JSON, text);
    Ok(reply.header("Content-Disposition", "attachment; filename=\"workspace.schema.json\""))
}
