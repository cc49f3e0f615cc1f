//! `/p/{slug}/privacy`: what a workspace collects about people, for those people. Drawn from the data map.

use askama::Template;

use super::{File, Part, Subject, Table};
use crate::error::Error;
use crate::gate;
use crate::module::{DefinedColumn, Module};
use crate::privacy::controller::{self, Controller};
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[Route::get("/p/{slug}/privacy", Access::Public, show)];

/// One kind of thing that is collected.
pub struct Collected {
    pub label: &'static str,
    /// What of it is about the person, in words.
    pub what: Vec<String>,
    pub purpose: &'static str,
    pub lawful_basis: &'static str,
    pub recipients: String,
    pub retention: String,
}

/// What a workspace collects about the people it deals with, table by table: the part of a notice that says so.
/// `defined` are the fields that the workspace added.
pub fn collected(modules: &'static [&'static Module], defined: &[DefinedColumn]) -> Vec<Collected> {
    let about_people = |table: &&'static Table| table.file == File::Workspace && table.subject != Subject::Nobody;
    let tables = super::inventory::tables(modules).filter(about_people);
    let collected = tables.map(|table| {
        let own = table.columns.iter().filter(|column| column.is_personal() && column.export.is_some());
        let mut what: Vec<String> = own.map(|column| column.label().into_owned()).collect();
        if modules.iter().flat_map(|module| module.defined).any(|defined| defined.table == table.name) {
            what = defined.iter().filter(|column| column.is_personal).map(|column| column.label.clone()).collect();
        }
        Collected {
            label: table.label,
            what,
            purpose: table.purpose,
            lawful_basis: table.lawful_basis.label(),
            recipients: super::Recipient::list(&table.recipients()),
            retention: table.retention.label(),
        }
    });
    collected.filter(|collected| !collected.what.is_empty()).collect()
}

#[derive(Template)]
#[template(path = "privacy/data_map/notice.html")]
struct Notice {
    workspace: String,
    controller: Controller,
    collected: Vec<Collected>,
    parts: Vec<&'static str>,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let slug: String = request.param("slug")?;
    let place = gate::for_public(&request.app, &slug)?;
    let modules = request.app.modules;
    let lists = modules.iter().flat_map(|module| module.defined);
    let (controller, defined) = place.workspace.file.read(request.now(), |db| {
        let mut defined = Vec::new();
        for list in lists {
            defined.extend((list.list)(db)?);
        }
        Ok((controller::service::read(db)?, defined))
    })?;
    // What contacts are asked, not what companies are: those are no people.
    let people: Vec<&str> = crate::module::persons(modules, File::Workspace).map(|kind| kind.word).collect();
    let defined: Vec<DefinedColumn> =
        defined.into_iter().filter(|column| people.contains(&column.on.as_str())).collect();
    let page = Notice {
        workspace: place.name.clone(),
        controller,
        collected: collected(modules, &defined),
        parts: Part::ALL.iter().map(|part| part.label()).collect(),
    };
    request.open_page(&format!("Privacy at {}", place.name), &page)
}
