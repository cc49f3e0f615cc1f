//! `/people/contacts/export` and `/people/companies/export`: a list, as it is narrowed, as a file.

use askama::Template;
use serde::Deserialize;

use super::{Format, Sheet, columns};
use crate::db::{Db, Workspace};
use crate::error::{Error, FieldError};
use crate::members::directory::Directory;
use crate::people::list::address::Address;
use crate::people::list::view::total_words;
use crate::people::list::{Counted, Cursor, Filter, Sort, SortKey};
use crate::people::search::Index;
use crate::people::{asker, companies, contacts};
use crate::permission::{Action, Area};
use crate::privacy::audit::{self, Event};
use crate::visitor::Reach;
use crate::web::ui::{self, Choice};
use crate::web::{Access, BodyWriter, CSV, JSON, Reply, Request, Route};

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/contacts/export", Access::may(Action::Export, Area::Contacts), new_contacts),
    Route::post("/w/{slug}/people/contacts/export", Access::may(Action::Export, Area::Contacts), contacts_file)
        .step_up(),
    Route::get("/w/{slug}/people/companies/export", Access::may(Action::Export, Area::Companies), new_companies),
    Route::post("/w/{slug}/people/companies/export", Access::may(Action::Export, Area::Companies), companies_file)
        .step_up(),
];

/// Records read at a time while a file is written.
const PAGE: i64 = 500;

/// What differs between contacts and companies.
struct Kind {
    area: Area,
    path: &'static str,
    title: &'static str,
    one: &'static str,
    many: &'static str,
    action: &'static str,
    file_name: &'static str,
    headings: &'static [&'static str],
    count: fn(&Db, &Filter) -> Result<Counted, Error>,
    page: WritePage,
}

/// Writes one page of records and gives the cursor of the next.
type WritePage = fn(&Db, &Filter, Option<&Cursor>, &Directory, &mut Sheet) -> Result<Option<Cursor>, Error>;

const CONTACTS: Kind = Kind {
    area: Area::Contacts,
    path: "/people/contacts",
    title: "Contacts",
    one: "contact",
    many: "contacts",
    action: "people.contacts.exported",
    file_name: "contacts",
    headings: columns::CONTACT,
    count: contacts::service::count,
    page: contact_page,
};

const COMPANIES: Kind = Kind {
    area: Area::Companies,
    path: "/people/companies",
    title: "Companies",
    one: "company",
    many: "companies",
    action: "people.companies.exported",
    file_name: "companies",
    headings: columns::COMPANY,
    count: companies::service::count,
    page: company_page,
};

#[derive(Template)]
#[template(path = "people/exports/new.html")]
struct New {
    many: &'static str,
    shown: String,
    action: String,
    back: String,
    format: String,
    formats: Vec<Choice>,
    errors: Vec<FieldError>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    format: String,
}

fn new_contacts(request: &Request) -> Result<Reply, Error> {
    let page = page(request, &CONTACTS, "csv".into(), Vec::new())?;
    request.page_below("Export", &[(CONTACTS.title, CONTACTS.path)], &page)
}

fn new_companies(request: &Request) -> Result<Reply, Error> {
    let page = page(request, &COMPANIES, "csv".into(), Vec::new())?;
    request.page_below("Export", &[(COMPANIES.title, COMPANIES.path)], &page)
}

fn contacts_file(request: &Request) -> Result<Reply, Error> {
    file(request, &CONTACTS)
}

fn companies_file(request: &Request) -> Result<Reply, Error> {
    file(request, &COMPANIES)
}

fn page(request: &Request, kind: &Kind, format: String, errors: Vec<FieldError>) -> Result<New, Error> {
    let address: Address = request.query()?;
    let count = match filter(request, kind, &address)? {
        Some(filter) => request.read(|db| (kind.count)(db, &filter))?,
        None => Counted::default(),
    };
    let many = total_words(kind.one, kind.many, count);
    Ok(New {
        many: kind.many,
        shown: if address.parts().is_empty() { many } else { format!("{many}, as the list is narrowed") },
        action: address.with(&request.url(&format!("{}/export", kind.path)), "done", ""),
        back: address.with(&request.url(kind.path), "done", ""),
        format,
        formats: vec![
            Choice::new("csv", "CSV")
                .hint("For spreadsheets. Text that a spreadsheet would calculate gets an apostrophe."),
            Choice::new("json", "JSON").hint("For programs, in the shape of the API."),
        ],
        errors,
    })
}

/// The records the asker may see and may export, narrowed as the list was. `None`: nothing can be in it.
fn filter(request: &Request, kind: &Kind, address: &Address) -> Result<Option<Filter>, Error> {
    let reach = both(request.reach(Action::View, kind.area), request.reach(Action::Export, kind.area));
    let me = request.member()?.id;
    let zone = request.reader().zone;
    let index = if kind.area == Area::Contacts { Index::Contacts } else { Index::Companies };
    request.read(|db| address.filter(db, index, &reach, me, &zone))
}

/// What both permissions reach.
fn both(view: Reach, export: Reach) -> Reach {
    match (view, export) {
        (Reach::Everything, other) | (other, Reach::Everything) => other,
        (Reach::OwnedBy(a), Reach::OwnedBy(b)) => Reach::OwnedBy(a.into_iter().filter(|id| b.contains(id)).collect()),
        (Reach::Nothing, _) | (_, Reach::Nothing) => Reach::Nothing,
    }
}

/// The file. Taking it is written down before its first byte leaves (P-068).
fn file(request: &Request, kind: &'static Kind) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let Some(format) = Format::from_word(&form.format) else {
        let errors = vec![FieldError::new("format", "unknown", "Choose CSV or JSON.")];
        let page = page(request, kind, form.format, errors)?;
        return request.page_with_errors("Export", &[(kind.title, kind.path)], &page);
    };
    let address: Address = request.query()?;
    let filter = filter(request, kind, &address)?;
    let count = match &filter {
        Some(filter) => request.read(|db| (kind.count)(db, filter))?,
        None => Counted::default(),
    };
    let narrowed: Vec<&str> = address.parts().into_iter().map(|(name, _)| name).collect();
    let event = Event::new(kind.action).detail("format", format.word()).detail("narrowed_by", narrowed);
    // An export of a closed workspace is allowed and written down all the same, so not `request.write`.
    let member = request.member()?;
    let event = event.detail("count", count.number).detail("count_is_a_floor", count.is_floor);
    member.workspace.file.write(request.now(), &request.origin(), |tx| audit::record(tx, event))?;
    let body = write(member.workspace.clone(), request.now(), kind, format, filter, asker::directory(request)?);
    let (name, content_type) = match format {
        Format::Csv => (format!("{}.csv", kind.file_name), CSV),
        Format::Json => (format!("{}.json", kind.file_name), JSON),
    };
    Ok(Reply::download(&name, content_type, body))
}

/// Reads page after page at one moment, and writes each as it comes.
fn write(
    workspace: std::sync::Arc<Workspace>,
    now: crate::clock::Timestamp,
    kind: &'static Kind,
    format: Format,
    filter: Option<Filter>,
    directory: Directory,
) -> BodyWriter {
    Box::new(move |out| {
        workspace.file.read(now, |db| {
            let mut sheet = Sheet::begin(format, kind.headings, out)?;
            if let Some(filter) = &filter {
                let mut cursor = (kind.page)(db, filter, None, &directory, &mut sheet)?;
                while let Some(at) = cursor {
                    cursor = (kind.page)(db, filter, Some(&at), &directory, &mut sheet)?;
                }
            }
            sheet.end().map(drop)
        })
    })
}

fn contact_page(
    db: &Db,
    filter: &Filter,
    cursor: Option<&Cursor>,
    directory: &Directory,
    sheet: &mut Sheet,
) -> Result<Option<Cursor>, Error> {
    let (records, page) = contacts::service::page(db, filter, Sort::up(SortKey::Created), cursor, PAGE)?;
    for record in records {
        match sheet.format() {
            Format::Csv => sheet.line(&columns::contact(&record, directory))?,
            Format::Json => sheet.object(&contacts::api::json(record, directory)?)?,
        }
    }
    Ok(page.next)
}

fn company_page(
    db: &Db,
    filter: &Filter,
    cursor: Option<&Cursor>,
    directory: &Directory,
    sheet: &mut Sheet,
) -> Result<Option<Cursor>, Error> {
    let (records, page) = companies::service::page(db, filter, Sort::up(SortKey::Created), cursor, PAGE)?;
    for record in records {
        match sheet.format() {
            Format::Csv => sheet.line(&columns::company(&record, directory))?,
            Format::Json => sheet.object(&companies::api::json(record, directory)?)?,
        }
    }
    Ok(page.next)
}
