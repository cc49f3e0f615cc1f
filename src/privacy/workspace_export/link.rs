//! `/p/{slug}/exports/{token}`: the file with everything in a workspace, once, for whoever has the link.
//!
//! The address alone takes nothing: programs that look into messages follow links. The button does.

use askama::Template;

use super::{WorkspaceExport, pages, service};
use crate::error::Error;
use crate::gate::{self, PublicWorkspace};
use crate::privacy::parcel::Standing;
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[
    Route::get("/p/{slug}/exports/{token}", Access::Public, show),
    Route::post("/p/{slug}/exports/{token}", Access::Public, take),
];

#[derive(Template)]
#[template(path = "privacy/workspace_export/link.html")]
struct Page {
    workspace: String,
    export: WorkspaceExport,
    state: Standing,
}

/// The export of the address; a link that nobody gave out is an address that does not exist.
fn find(request: &Request) -> Result<(PublicWorkspace, WorkspaceExport), Error> {
    let slug: String = request.param("slug")?;
    let token: String = request.param("token")?;
    let place = gate::for_public(&request.app, &slug)?;
    let found = place.workspace.file.read(request.now(), |db| service::of_link(db, &token))?;
    Ok((place, found.ok_or(Error::NotFound("page"))?))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let (place, export) = find(request)?;
    page(request, &place, export)
}

fn page(request: &Request, place: &PublicWorkspace, export: WorkspaceExport) -> Result<Reply, Error> {
    let state = export.standing(request.now());
    // The form below needs its token.
    request.cookie_or_fresh();
    let page = Page { workspace: place.name.clone(), export, state };
    Ok(request.open_page("Everything in one file", &page)?.status(state.status()))
}

fn take(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let (place, export) = find(request)?;
    // Also while the workspace is being closed: it changes no record.
    let file = &place.workspace.file;
    match file.write(request.now(), &request.origin(), |tx| service::take(tx, export.id)) {
        Ok(export) => pages::hand_out(request, &place.workspace, &place.slug, &export),
        Err(Error::Conflict(_)) => {
            let (place, export) = find(request)?;
            page(request, &place, export)
        }
        Err(error) => Err(error),
    }
}
