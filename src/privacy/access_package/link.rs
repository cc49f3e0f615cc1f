//! `/p/{slug}/packages/{token}`: a person takes the copy of their data, once, without an account.
//!
//! The address alone takes nothing: programs that look into mails follow links. The button does.

use askama::Template;

use super::{AccessPackage, service};
use crate::error::Error;
use crate::gate::{self, PublicWorkspace};
use crate::privacy::parcel::Standing;
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route, ZIP};

pub const ROUTES: &[Route] = &[
    Route::get("/p/{slug}/packages/{token}", Access::Public, show),
    Route::post("/p/{slug}/packages/{token}", Access::Public, take),
];

#[derive(Template)]
#[template(path = "privacy/access_package/link.html")]
struct Page {
    workspace: String,
    package: AccessPackage,
    state: Standing,
    privacy: String,
}

/// The package of the address; a link that nobody gave out is an address that does not exist.
fn find(request: &Request) -> Result<(PublicWorkspace, AccessPackage), Error> {
    let slug: String = request.param("slug")?;
    let token: String = request.param("token")?;
    let place = gate::for_public(&request.app, &slug)?;
    let found = place.workspace.file.read(request.now(), |db| service::of_link(db, &token))?;
    Ok((place, found.ok_or(Error::NotFound("page"))?))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let (place, package) = find(request)?;
    page(request, &place, package)
}

fn page(request: &Request, place: &PublicWorkspace, package: AccessPackage) -> Result<Reply, Error> {
    let state = Standing::of(package.state, package.released_at.is_some(), package.expires_at, request.now());
    // The form below needs its token.
    request.cookie_or_fresh();
    let privacy = format!("/p/{}/privacy", place.slug);
    let page = Page { workspace: place.name.clone(), package, state, privacy };
    Ok(request.open_page("The copy of your data", &page)?.status(state.status()))
}

fn take(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let (place, package) = find(request)?;
    // A closed workspace goes on answering people.
    let file = &place.workspace.file;
    let taken = file.write(request.now(), &request.origin(), |tx| service::take(tx, package.id));
    match taken {
        Ok(package) => hand_out(request, &place, &package),
        Err(Error::Conflict(_)) => {
            let (place, package) = find(request)?;
            page(request, &place, package)
        }
        Err(error) => Err(error),
    }
}

fn hand_out(request: &Request, place: &PublicWorkspace, package: &AccessPackage) -> Result<Reply, Error> {
    let mut content = service::open(&request.app, &place.workspace, package)?;
    let write = move |out: &mut dyn std::io::Write| Ok(std::io::copy(&mut content, out).map(drop)?);
    Ok(Reply::download("my-data.zip", ZIP, Box::new(write)))
}
