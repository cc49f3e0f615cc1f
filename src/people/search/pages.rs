//! `/w/{slug}/search`: people, companies, notes, files, pages and commands by a few letters. The same answer
//! fills the search page and, as options, the palette.

use askama::Template;
use serde::Deserialize;

use super::words::notes_matching;
use super::{Index, matching};
use crate::error::Error;
use crate::people::record::Record;
use crate::people::text::fold;
use crate::people::{attachments, asker, companies, contacts, mentions, notes};
use crate::permission::{Action, Area, Level};
use crate::visitor::Reach;
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[Route::get("/w/{slug}/search", Access::Member, search)];

/// Hits of each kind, in the palette and on the page.
const IN_PALETTE: i64 = 5;
const ON_PAGE: i64 = 25;

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
    label: String,
    /// Smaller, beside the label.
    more: String,
    href: String,
}

#[derive(Template)]
#[template(path = "people/search/options.html")]
struct Options {
    groups: Vec<Group>,
}

#[derive(Template)]
#[template(path = "people/search/show.html")]
struct Show {
    action: String,
    q: String,
    groups: Vec<Group>,
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
    let mut groups = records(request, q, if is_palette { IN_PALETTE } else { ON_PAGE })?;
    groups.push(Group { title: "Do something", hits: commands(request, q) });
    groups.push(Group { title: "Go to", hits: places(request, q) });
    groups.retain(|group| !group.hits.is_empty());
    if is_palette {
        return request.fragment(&Options { groups });
    }
    request.page("Search", &Show { action: request.url("/search"), q: q.to_owned(), groups })
}

fn records(request: &Request, q: &str, limit: i64) -> Result<Vec<Group>, Error> {
    let people = request.reach(Action::View, Area::Contacts);
    let organisations = request.reach(Action::View, Area::Companies);
    let directory = asker::directory(request)?;
    let link = |record: Record| request.url(&record.path());
    request.read(|db| {
        let mut groups = Vec::new();
        if let Some(matching) = matching(db, Index::Contacts, q)? {
            let found = match people {
                Reach::Nothing => Vec::new(),
                _ => contacts::service::visible_among(db, &matching.expression, &people, limit)?,
            };
            let hit = |found: contacts::service::Candidate| Hit {
                icon: "contact",
                label: found.name,
                more: found.company_name,
                href: link(Record::Contact(found.id)),
            };
            groups.push(Group { title: "People", hits: found.into_iter().map(hit).collect() });
        }
        if let Some(matching) = matching(db, Index::Companies, q)? {
            let found = match organisations {
                Reach::Nothing => Vec::new(),
                _ => companies::service::visible_among(db, &matching.expression, &organisations, limit)?,
            };
            let hit = |(id, name, domain)| Hit {
                icon: "building-2",
                label: name,
                more: domain,
                href: link(Record::Company(id)),
            };
            groups.push(Group { title: "Companies", hits: found.into_iter().map(hit).collect() });
        }
        if let Some(expression) = notes_matching(q) {
            let found = notes::service::visible_among(db, &expression, &people, &organisations, limit)?;
            let hit = |found: notes::service::Found| Hit {
                icon: "sticky-note",
                label: mentions::plain(&found.words, &directory),
                more: found.name,
                href: link(found.on),
            };
            groups.push(Group { title: "Notes", hits: found.into_iter().map(hit).collect() });
            let found = attachments::service::visible_among(db, &expression, &people, &organisations, limit)?;
            let hit = |found: attachments::service::Found| Hit {
                icon: attachments::media::by_type(&found.media_type).icon,
                href: request.url(&found.path()),
                label: found.name,
                more: found.on_name,
            };
            groups.push(Group { title: "Files", hits: found.into_iter().map(hit).collect() });
        }
        Ok(groups)
    })
}

fn commands(request: &Request, q: &str) -> Vec<Hit> {
    COMMANDS
        .iter()
        .filter(|(label, .., action, area)| request.may(*action, *area) && fits(label, q))
        .map(|(label, icon, path, ..)| Hit {
            icon,
            label: (*label).to_owned(),
            more: String::new(),
            href: request.url(path),
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
            label: item.label.to_owned(),
            more: item.shortcut.map(|key| format!("G {}", key.to_uppercase())).unwrap_or_default(),
            href: request.url(item.path),
        })
        .collect()
}

/// Every word that was typed begins a word of the label. Nothing typed fits everything.
fn fits(label: &str, q: &str) -> bool {
    let (label, q) = (fold(label), fold(q));
    q.split(' ').all(|asked| label.split(' ').any(|word| word.starts_with(asked)))
}
