//! `/people/contacts/export` and `/people/companies/export`: a list, as it is narrowed, as a file.

use askama::Template;
use serde::Deserialize;

use super::Format;
use super::kind::{COMPANIES, CONTACTS, Kind, Written, may_consents};
use crate::error::{Error, FieldError};
use crate::people::list::Filter;
use crate::people::list::address::Address;
use crate::people::list::view::total_words;
use crate::people::views::Looker;
use crate::permission::{Action, Area};
use crate::privacy::{audit, purposes};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/contacts/export", Access::may(Action::Export, Area::Contacts), new_contacts),
    Route::post("/w/{slug}/people/contacts/export", Access::may(Action::Export, Area::Contacts), contacts_file)
        .step_up(),
    Route::get("/w/{slug}/people/companies/export", Access::may(Action::Export, Area::Companies), new_companies),
    Route::post("/w/{slug}/people/companies/export", Access::may(Action::Export, Area::Companies), companies_file)
        .step_up(),
];

#[derive(Template)]
#[template(path = "people/exports/new.html")]
struct New {
    many: &'static str,
    shown: String,
    action: String,
    back: String,
    format: String,
    formats: Vec<Choice>,
    purpose: String,
    /// What the file can be for; none where it holds nobody.
    purposes: Vec<Choice>,
    may_consents: bool,
    consents: bool,
    errors: Vec<FieldError>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    format: String,
    /// The key of what the file is for; empty: for the workspace itself.
    #[serde(default)]
    purpose: String,
    /// With what people said about the use of their data.
    #[serde(default)]
    consents: bool,
}

impl Form {
    fn usual() -> Form {
        Form { format: "csv".into(), ..Form::default() }
    }
}

fn new_contacts(request: &Request) -> Result<Reply, Error> {
    let page = page(request, &CONTACTS, Form::usual(), Vec::new())?;
    request.page_below("Export", &[(CONTACTS.title, CONTACTS.path)], &page)
}

fn new_companies(request: &Request) -> Result<Reply, Error> {
    let page = page(request, &COMPANIES, Form::usual(), Vec::new())?;
    request.page_below("Export", &[(COMPANIES.title, COMPANIES.path)], &page)
}

fn contacts_file(request: &Request) -> Result<Reply, Error> {
    file(request, &CONTACTS)
}

fn companies_file(request: &Request) -> Result<Reply, Error> {
    file(request, &COMPANIES)
}

fn page(request: &Request, kind: &Kind, form: Form, errors: Vec<FieldError>) -> Result<New, Error> {
    let address: Address = request.query()?;
    let count = kind.counted(request, filter(request, kind, &address)?.as_ref())?;
    let many = total_words(kind.one, kind.many, count);
    Ok(New {
        many: kind.many,
        shown: if address.parts().is_empty() { many } else { format!("{many}, as the list is narrowed") },
        action: address.with(&request.url(&format!("{}/export", kind.path)), "done", ""),
        back: address.with(&request.url(kind.path), "done", ""),
        may_consents: may_consents(request, kind),
        consents: form.consents,
        purposes: purposes(request, kind)?,
        purpose: form.purpose,
        format: form.format,
        formats: vec![
            Choice::new("csv", "CSV")
                .hint("For spreadsheets. Text that a spreadsheet would calculate gets an apostrophe."),
            Choice::new("json", "JSON").hint("For programs, in the shape of the API."),
        ],
        errors,
    })
}

/// What a file of people can be for: the workspace itself, or a purpose, with only those who may be used for it.
fn purposes(request: &Request, kind: &Kind) -> Result<Vec<Choice>, Error> {
    if kind.area != Area::Contacts {
        return Ok(Vec::new());
    }
    let ours = Choice::new("", "For ourselves: everybody in the list");
    let live = request.read(purposes::service::all)?.into_iter().filter(|purpose| purpose.archived_at.is_none());
    let only = live.map(|purpose| {
        Choice::new(purpose.key, format!("For others: {}, only those we may use for it", purpose.title))
    });
    Ok(std::iter::once(ours).chain(only).collect())
}

/// The records the asker may see and may export, narrowed as the list was. `None`: nothing can be in it.
fn filter(request: &Request, kind: &Kind, address: &Address) -> Result<Option<Filter>, Error> {
    let reach = kind.reach(request);
    let looker = Looker::of(request)?;
    request.read(|db| address.filter(db, kind.table, &reach, &looker))
}

/// The file. Taking it is written down before its first byte leaves (P-068).
fn file(request: &Request, kind: &'static Kind) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let Some(format) = Format::from_word(&form.format) else {
        let errors = vec![FieldError::new("format", "unknown", "Choose CSV or JSON.")];
        let page = page(request, kind, form, errors)?;
        return request.page_with_errors("Export", &[(kind.title, kind.path)], &page);
    };
    if form.consents && !may_consents(request, kind) {
        return Err(Error::Forbidden);
    }
    let only_for = match form.purpose.as_str() {
        "" => None,
        key => request.read(|db| purposes::service::find_by_key(db, key))?.filter(|_| kind.area == Area::Contacts),
    };
    if only_for.is_none() && !form.purpose.is_empty() {
        let errors = vec![FieldError::new("purpose", "unknown", "Choose what the file is for.")];
        let page = page(request, kind, form, errors)?;
        return request.page_with_errors("Export", &[(kind.title, kind.path)], &page);
    }
    let address: Address = request.query()?;
    let filter = filter(request, kind, &address)?;
    let narrowed = address.parts().into_iter().map(|(name, _)| name).collect();
    let count = kind.counted(request, filter.as_ref())?;
    // An export of a closed workspace is allowed and written down all the same, so not `request.write`.
    let member = request.member()?;
    let event = kind.event(format, narrowed, count).detail("purpose", form.purpose);
    let event = if form.consents { event.detail("consents", true) } else { event };
    member.workspace.file.write(request.now(), &request.origin(), |tx| audit::record(tx, event))?;
    let looker = Looker::of(request)?;
    let view = request.read(|db| address.saved_view(db, &looker))?;
    let columns = view.map(|view| view.columns).unwrap_or_default();
    let written = Written { format, columns: &columns, with_consents: form.consents, export: None };
    kind.reply(request, filter, only_for, &written)
}
