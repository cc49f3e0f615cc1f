//! `/w/{slug}/search`: people, companies, notes, files, pages and commands by a few letters. The same answer
//! fills the search page and, as options, the palette.

use askama::Template;
use serde::Deserialize;

use super::asking::{Asker, Kind, Question};
use super::finding::{self, Found};
use super::marking::Piece;
use crate::error::{Error, FieldError};
use crate::people::asker;
use crate::people::text::fold;
use crate::permission::{Action, Area, Level};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[Route::get("/w/{slug}/search", Access::Member, search)];

/// Hits of each kind, in the palette and on the page.
const IN_PALETTE: usize = 5;
const ON_PAGE: usize = 25;

/// How a question can be narrowed.
const HINT: &str = "Narrow it with tag:vip, owner:me, company:skelwick or type:note. \
    Words with a space between them go in quotation marks, as in tag:\"key account\".";

/// What one can do from anywhere: words, icon, path, and the right it needs.
const COMMANDS: [(&str, &str, &str, Action, Area); 4] = [
    ("Add a contact", "user-plus", "/people/contacts/new", Action::Edit, Area::Contacts),
    ("Add a company", "plus", "/people/companies/new", Action::Edit, Area::Companies),
    ("Import contacts", "upload", "/people/imports", Action::Import, Area::Contacts),
    ("Show my contacts", "circle-user", "/people/contacts?owner=me", Action::View, Area::Contacts),
];

/// Hits of one kind.
struct Group {
    title: &'static str,
    hits: Vec<Hit>,
}

struct Hit {
    icon: &'static str,
    label: Vec<Piece>,
    /// Smaller, beside the label.
    more: Vec<Piece>,
    href: String,
    is_archived: bool,
}

#[derive(Template)]
#[template(path = "people/search/options.html")]
struct Options {
    instead: Option<String>,
    groups: Vec<Group>,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "people/search/show.html")]
struct Show {
    action: String,
    q: String,
    hint: &'static str,
    instead: Option<String>,
    groups: Vec<Group>,
    errors: Vec<FieldError>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    q: String,
}

fn search(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let is_palette = request.wants_fragment();
    let q = query.q.trim();
    let (found, errors) = match find(request, q, if is_palette { IN_PALETTE } else { ON_PAGE }) {
        Ok(found) => (found, Vec::new()),
        Err(Error::Invalid(errors)) => (Found { hits: Vec::new(), instead: Vec::new(), is_instead: false }, errors),
        Err(error) => return Err(error),
    };
    let instead = instead(q, &found);
    let mut groups = groups(request, found);
    groups.push(Group { title: "Do something", hits: commands(request, q) });
    groups.push(Group { title: "Go to", hits: places(request, q) });
    groups.retain(|group| !group.hits.is_empty());
    if is_palette {
        return request.fragment(&Options { instead, groups, errors });
    }
    let is_refused = !errors.is_empty();
    let page = Show { action: request.url("/search"), q: q.to_owned(), hint: HINT, instead, groups, errors };
    if is_refused { request.page_with_errors("Search", &[], &page) } else { request.page("Search", &page) }
}

/// Who asks, for the pages and for programs.
pub(super) fn asker(request: &Request) -> Result<Asker, Error> {
    Ok(Asker {
        me: request.member()?.id,
        people: request.reach(Action::View, Area::Contacts),
        organisations: request.reach(Action::View, Area::Companies),
        directory: asker::directory(request)?,
    })
}

fn find(request: &Request, q: &str, most: usize) -> Result<Found, Error> {
    let asker = asker(request)?;
    request.read(|db| finding::find(db, &asker, &Question::read(db, &asker, q)?, most))
}

/// What to say when other words than those that were typed found something.
fn instead(q: &str, found: &Found) -> Option<String> {
    if found.instead.is_empty() {
        return None;
    }
    let words = found.instead.join(", ");
    Some(if found.is_instead { format!("Nothing for {q}; showing {words}.") } else { format!("Also showing {words}.") })
}

fn groups(request: &Request, found: Found) -> Vec<Group> {
    let titles =
        [(Kind::Contact, "People"), (Kind::Company, "Companies"), (Kind::Note, "Notes"), (Kind::File, "Files")];
    let mut groups: Vec<Group> = titles.iter().map(|(_, title)| Group { title, hits: Vec::new() }).collect();
    for hit in found.hits {
        let Some(place) = titles.iter().position(|(kind, _)| *kind == hit.kind) else { continue };
        groups[place].hits.push(Hit {
            icon: hit.icon,
            label: hit.label,
            more: hit.more,
            href: request.url(&hit.path),
            is_archived: hit.is_archived,
        });
    }
    groups
}

fn commands(request: &Request, q: &str) -> Vec<Hit> {
    COMMANDS
        .iter()
        .filter(|(label, .., action, area)| request.may(*action, *area) && fits(label, q))
        .map(|(label, icon, path, ..)| Hit {
            icon,
            label: Piece::plain(label),
            more: Vec::new(),
            href: request.url(path),
            is_archived: false,
        })
        .collect()
}

/// The places of the sidebar that the asker may enter.
fn places(request: &Request, q: &str) -> Vec<Hit> {
    let admits = |access: Access| match access {
        Access::May(permission) => request.level(permission.action, permission.area) != Level::None,
        _ => true,
    };
    request
        .app
        .modules
        .iter()
        .flat_map(|module| module.navigation)
        .filter(|item| admits(item.access) && fits(item.label, q))
        .map(|item| Hit {
            icon: item.icon,
            label: Piece::plain(item.label),
            more: item.shortcut.map(|key| Piece::plain(&format!("G {}", key.to_uppercase()))).unwrap_or_default(),
            href: request.url(item.path),
            is_archived: false,
        })
        .collect()
}

/// Every word that was typed begins a word of the label. Nothing typed fits everything.
fn fits(label: &str, q: &str) -> bool {
    let (label, q) = (fold(label), fold(q));
    q.split(' ').all(|asked| label.split(' ').any(|word| word.starts_with(asked)))
}
