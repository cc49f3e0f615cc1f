//! `/privacy/people/{id}/data`: all that is held of a person, item by item, and the copies made of it.

use askama::Template;
use serde::Deserialize;

use super::contents::Purpose;
use super::gather::{self, Held, Item};
use super::html::lines;
use super::team::Team;
use super::{AccessPackage, State, jobs, service};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::AccessPackageId;
use crate::jobs as scheduler;
use crate::module::PersonKind;
use crate::permission::{Action, Area};
use crate::privacy::audit::{self, Event};
use crate::privacy::subject::{self, Person};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route, ZIP};

/// To see all that is held of somebody at once is to take it out.
const EXPORT: Access = Access::may(Action::Export, Area::Privacy);
/// Items of one table on the page; all of them are in the copy.
const SHOWN: usize = 25;

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/people/{id}/data", EXPORT, show),
    Route::post("/w/{slug}/privacy/people/{id}/data", EXPORT, build),
    Route::post("/w/{slug}/privacy/packages/{id}/link", EXPORT, link),
    Route::post("/w/{slug}/privacy/packages/{id}/file", EXPORT, file),
];

#[derive(Template)]
#[template(path = "privacy/access_package/show.html")]
struct Show {
    name: String,
    person: String,
    here: String,
    items: usize,
    masked: usize,
    sections: Vec<Section>,
    packages: Vec<Row>,
}

struct Section {
    name: &'static str,
    label: &'static str,
    purpose: Purpose,
    count: usize,
    items: Vec<Shown>,
    left_out: usize,
}

struct Shown {
    lines: Vec<(String, String)>,
    held_in: Option<&'static str>,
    source: String,
    goes: String,
    goes_at: Option<Timestamp>,
}

struct Row {
    package: AccessPackage,
    by: String,
    link: String,
    file: String,
    is_here: bool,
}

impl Row {
    fn is_waiting(&self) -> bool {
        self.package.state == State::Building
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Look {
    /// The frame reads it.
    #[serde(rename = "done")]
    _done: String,
}

/// The kind of person that pages of people are about.
pub fn kind(request: &Request) -> Result<&'static PersonKind, Error> {
    subject::kind(request.app.modules, "contact").ok_or(Error::NotFound("page"))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let _look: Look = request.query()?;
    let id: i64 = request.param("id")?;
    let kind = kind(request)?;
    let member = request.member()?;
    let team = Team::of(&request.app, member.workspace_id())?;
    let (held, packages) = request.read(|db| {
        let person = Person::of(db, kind, id)?;
        if (kind.name)(db, id)?.is_none() {
            return Err(Error::NotFound(kind.word));
        }
        Ok((gather::gather(db, request.app.modules, &person, &team)?, service::of(db, &person)?))
    })?;
    // All that is held of one person, on one page: looking at it is written down like any other way out.
    let event = Event::new("privacy.person.data_viewed").on(kind.word, id).detail("items", held.items());
    member.workspace.file.write(request.now(), &request.origin(), |tx| audit::record(tx, event))?;
    let row = |package: AccessPackage| Row {
        by: package.created_by.map_or("Nobody", |by| team.role(by)).to_owned(),
        link: request.url(&format!("/privacy/packages/{}/link", package.id)),
        file: request.url(&format!("/privacy/packages/{}/file", package.id)),
        is_here: package.is_here(request.now()),
        package,
    };
    let page = Show {
        person: request.url(&format!("/privacy/people/{id}")),
        here: request.url(&format!("/privacy/people/{id}/data")),
        items: held.items(),
        masked: held.redacted.all(),
        packages: packages.into_iter().map(row).collect(),
        sections: sections(&held),
        name: held.name,
    };
    let above = format!("/privacy/people/{id}");
    request.page_below("All that is held", &[(&page.name, &above)], &page)
}

fn sections(held: &Held) -> Vec<Section> {
    let shown = |item: &Item| Shown {
        lines: lines(item),
        held_in: item.held_in.map(|table| table.label),
        source: item.source.clone(),
        goes: item.goes.clone(),
        goes_at: item.goes_at,
    };
    let section = |section: &gather::Section| Section {
        name: section.table.name,
        label: section.table.label,
        purpose: Purpose::of(section.table, section.items.len()),
        count: section.items.len(),
        items: section.items.iter().rev().take(SHOWN).map(shown).collect(),
        left_out: section.items.len().saturating_sub(SHOWN),
    };
    held.sections.iter().map(section).collect()
}

fn build(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let id: i64 = request.param("id")?;
    let kind = kind(request)?;
    let member = request.member()?;
    // Also while the workspace is being closed: it changes no record.
    member
        .workspace
        .file
        .write(request.now(), &request.origin(), |tx| service::build(tx, &Person::of(tx, kind, id)?, None))?;
    scheduler::ask(&request.app, &jobs::BUILD, Some(member.workspace_id()))?;
    Ok(Reply::see_other(request.url(&format!("/privacy/people/{id}/data"))).toast("copy-asked"))
}

#[derive(Template)]
#[template(path = "privacy/access_package/given.html")]
struct Given {
    link: String,
    expires_at: Timestamp,
    back: String,
}

fn link(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let id: AccessPackageId = request.param("id")?;
    let member = request.member()?;
    let (package, token) = member.workspace.file.write(request.now(), &request.origin(), |tx| {
        let token = service::link(tx, id)?;
        Ok((service::get(tx, id)?, token))
    })?;
    let path = format!("/p/{}/packages/{}", member.workspace_slug, *token.text);
    let page = Given {
        link: request.app.public_url(&path),
        expires_at: package.expires_at,
        back: request.url(&format!("/privacy/people/{}/data", package.person_id)),
    };
    let above = format!("/privacy/people/{}/data", package.person_id);
    request.page_below("The link", &[("All that is held", &above)], &page)
}

fn file(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    hand_out(request)
}

/// The file, once. Shared with the API.
pub(super) fn hand_out(request: &Request) -> Result<Reply, Error> {
    let id: AccessPackageId = request.param("id")?;
    let workspace = request.member()?.workspace.clone();
    let package = workspace.file.write(request.now(), &request.origin(), |tx| service::take(tx, id))?;
    let mut content = service::open(&request.app, &workspace, &package)?;
    let write = move |out: &mut dyn std::io::Write| Ok(std::io::copy(&mut content, out).map(drop)?);
    Ok(Reply::download(&format!("person-{}.zip", package.person_id), ZIP, Box::new(write)))
}
