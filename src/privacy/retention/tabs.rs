//! The tabs above how long things stay: the rules, what they will do, what they did, and what is held.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::permission::{Action, Area};
use crate::web::Request;

/// The row of tabs.
#[derive(Template)]
#[template(path = "privacy/retention/_tabs.html")]
pub struct Tabs {
    links: Vec<(&'static str, String, bool)>,
}

impl HtmlSafe for Tabs {}

const PLACES: [(&str, &str, Action); 4] = [
    ("Rules", "/privacy/retention", Action::View),
    ("Forecast", "/privacy/retention/forecast", Action::View),
    ("Runs", "/privacy/retention/runs", Action::View),
    ("Legal holds", "/privacy/holds", Action::Edit),
];

/// The tabs, with the one at `current` marked.
pub fn tabs(request: &Request, current: &str) -> Tabs {
    let may = PLACES.iter().filter(|(_, _, action)| request.may(*action, Area::Privacy));
    Tabs { links: may.map(|(label, path, _)| (*label, request.url(path), *path == current)).collect() }
}
