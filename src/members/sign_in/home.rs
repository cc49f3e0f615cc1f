//! `/`: to the one workspace, or to the list of them, or to the door.

use askama::Template;

use super::door;
use super::store::{self, Place};
use crate::error::Error;
use crate::members::{accounts, lifecycle};
use crate::visitor::Visitor;
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[Route::get("/", Access::Public, show)];

#[derive(Template)]
#[template(path = "members/sign_in/home.html")]
struct Home {
    places: Vec<Place>,
    /// Workspaces whose deletion was asked for: name, and the page that says how far it is.
    leaving: Vec<(String, String)>,
    is_operator: bool,
}

#[derive(Template)]
#[template(path = "members/sign_in/not_set_up.html")]
struct NotSetUp;

fn show(request: &Request) -> Result<Reply, Error> {
    let signed = match &request.visitor {
        Visitor::Account(signed) => signed,
        Visitor::HalfSignedIn(_) => return Ok(Reply::see_other("/sign-in/second-step")),
        _ => {
            return if request.read_control(accounts::count)? == 0 {
                door(request, "Not set up yet", &NotSetUp)
            } else {
                Ok(Reply::see_other("/sign-in"))
            };
        }
    };
    let places = request.read_control(|db| store::places(db, signed.account))?;
    let leaving = request.read_control(|db| lifecycle::leaving(db, signed.account))?;
    if let ([only], []) = (places.as_slice(), leaving.as_slice()) {
        return Ok(Reply::see_other(format!("/w/{}", only.slug)));
    }
    let leaving = leaving.into_iter().map(|(id, name)| (name, lifecycle::page_of(id))).collect();
    request.page("Your workspaces", &Home { places, leaving, is_operator: signed.is_operator })
}
