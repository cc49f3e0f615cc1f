//! The tabs above the registers of consent: what is asked, whose data is restricted, what is kept as proof.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::permission::{Action, Area};
use crate::web::Request;

/// The row of tabs.
#[derive(Template)]
#[template(path = "privacy/person/_tabs.html")]
pub struct Tabs {
    links: Vec<(&'static str, String, bool)>,
}

impl HtmlSafe for Tabs {}

const PLACES: [(&str, &str, Action); 4] = [
    ("Purposes", "/privacy/purposes", Action::View),
    ("Confirmation mail", "/privacy/confirmations", Action::Manage),
    ("Restricted people", "/privacy/restrictions", Action::View),
    ("Proof", "/privacy/proof", Action::Edit),
];

/// The tabs, with the one at `current` marked.
pub fn tabs(request: &Request, current: &str) -> Tabs {
    let may = PLACES.iter().filter(|(_, _, action)| request.may(*action, Area::Privacy));
    Tabs { links: may.map(|(label, path, _)| (*label, request.url(path), *path == current)).collect() }
}
