//! `/p/{slug}/confirm/{link}`: the page behind the mailed link.
//!
//! Programs that look into mails follow links; so the page only shows what is to be confirmed, and the button confirms.

use askama::Template;

use super::Confirmation;
use super::service::{self, Stage};
use crate::error::Error;
use crate::gate::{self, PublicWorkspace};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[
    Route::get("/p/{slug}/confirm/{link}", Access::Public, show),
    Route::post("/p/{slug}/confirm/{link}", Access::Public, confirm),
];

#[derive(Template)]
#[template(path = "privacy/consent/confirm.html")]
struct Page {
    workspace: String,
    /// Name and words of what is to be confirmed; `None` when that is gone.
    asked: Option<(String, String)>,
    stage: Stage,
    confirmation: Confirmation,
    /// Where whoever changes their mind goes.
    portal: String,
}

/// The mail of the address; a link that nobody was sent is an address that does not exist.
fn find(request: &Request) -> Result<(PublicWorkspace, Confirmation), Error> {
    let (slug, link): (String, String) = (request.param("slug")?, request.param("link")?);
    let place = gate::for_public(&request.app, &slug)?;
    let found = place.workspace.file.read(request.now(), |db| service::of_link(db, db.blind_index()?, &link))?;
    Ok((place, found.ok_or(Error::NotFound("page"))?))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let (place, confirmation) = find(request)?;
    page(request, &place, confirmation)
}

fn page(request: &Request, place: &PublicWorkspace, confirmation: Confirmation) -> Result<Reply, Error> {
    // The form below needs its token.
    request.cookie_or_fresh();
    let modules = request.app.modules;
    let asked = place.workspace.file.read(request.now(), |db| service::asked(db, modules, &confirmation))?;
    let stage = service::stage(&confirmation, asked.as_ref(), request.now());
    let page = Page {
        workspace: place.name.clone(),
        asked: asked.map(|asked| (asked.purpose.title, asked.wording)),
        stage,
        confirmation,
        portal: format!("/p/{}/your-data", place.slug),
    };
    let status = if stage == Stage::Over { 410 } else { 200 };
    Ok(request.open_page("Confirm", &page)?.status(status))
}

fn confirm(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let (place, confirmation) = find(request)?;
    let origin = request.origin();
    let address = origin.address.map(|address| address.to_string()).unwrap_or_default();
    let user_agent: String = origin.user_agent.as_deref().unwrap_or_default().chars().take(300).collect();
    // A workspace that is being closed goes on taking what people say.
    let confirmed = place.workspace.file.write(request.now(), &origin, |tx| {
        service::confirm(tx, request.app.modules, confirmation.id, &address, &user_agent)
    });
    match confirmed {
        Ok(()) => {
            let link = request.param::<String>("link")?;
            Ok(Reply::see_other(format!("/p/{}/confirm/{link}", place.slug)))
        }
        // Used meanwhile, or over; or what they said since forbids it: the page says which.
        Err(Error::Conflict(_) | Error::Invalid(_)) => {
            let (place, confirmation) = find(request)?;
            page(request, &place, confirmation)
        }
        Err(error) => Err(error),
    }
}
