//! The pages of companies below `/w/{slug}/people/companies`: list, record, archive, delete.

use askama::Template;

use super::edit;
use super::form::field_label;
use super::store;
use super::{Company, service};
use crate::db::Db;
use crate::error::Error;
use crate::id::{CompanyId, MemberId};
use crate::members::directory::Directory;
use crate::people::acting::pages as acting;
use crate::people::attachments::view::Files;
use crate::people::contacts;
use crate::people::custom_fields::related::{Related, Sight};
use crate::people::custom_fields::rows::{self, Lines};
use crate::people::form::source_words;
use crate::people::list::view::{self, Cell, Column, Row, Shape, owners_with_nobody};
use crate::people::list::{self, Cursor, Filter, Page, Sort, SortKey, builder, bulk};
use crate::people::record::{Object, Record};
use crate::people::timeline::view::{self as history, History, Look};
use crate::people::{asker, merging};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route, format};

/// People of a company that its page shows.
const SHOWN_PEOPLE: i64 = 10;

const VIEW: Access = Access::may(Action::View, Area::Companies);
const EDIT: Access = Access::may(Action::Edit, Area::Companies);
const DELETE: Access = Access::may(Action::Delete, Area::Companies);
const ASSIGN: Access = Access::may(Action::Assign, Area::Companies);

/// What stands above a contact's page.
pub(super) const ABOVE: (&str, &str) = ("Companies", "/people/companies");

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/companies", VIEW, |request| view::show(request, &SHAPE)),
    Route::post("/w/{slug}/people/companies/columns", VIEW, |request| view::choose_columns(request, &SHAPE)),
    Route::post("/w/{slug}/people/companies/filter", VIEW, |request| builder::act(request, &SHAPE)),
    Route::post("/w/{slug}/people/companies/bulk", VIEW, |request| bulk::act(request, Area::Companies, SHAPE.path)),
    Route::get("/w/{slug}/people/companies/new", EDIT, edit::new),
    Route::post("/w/{slug}/people/companies/new", EDIT, edit::create),
    Route::get("/w/{slug}/people/companies/{id}", VIEW, show),
    Route::get("/w/{slug}/people/companies/{id}/edit", EDIT, edit::edit),
    Route::post("/w/{slug}/people/companies/{id}/edit", EDIT, edit::save),
    Route::post("/w/{slug}/people/companies/{id}/tags", EDIT, |request| acting::tag(request, Object::Company)),
    Route::post("/w/{slug}/people/companies/{id}/owner", ASSIGN, |request| acting::assign(request, Object::Company)),
    Route::post("/w/{slug}/people/companies/{id}/archive", EDIT, |request| acting::archive(request, Object::Company)),
    Route::get("/w/{slug}/people/companies/{id}/delete", DELETE, |request| {
        acting::ask_delete(request, Object::Company)
    }),
    Route::post("/w/{slug}/people/companies/{id}/delete", DELETE, |request| acting::delete(request, Object::Company)),
    Route::post("/w/{slug}/people/companies/{id}/notes", EDIT, |request| {
        acting::add_note(request, Object::Company, page)
    }),
];

/// The list of these records.
pub(in crate::people) const SHAPE: Shape = Shape {
    title: "Companies",
    one: "company",
    many: "companies",
    path: "/people/companies",
    list: "companies",
    area: Area::Companies,
    table: &list::filter::COMPANIES,
    columns: &[
        Column { key: "domain", label: "Domain", keep: "2", sort: None, usual: true },
        Column { key: "city", label: "City", keep: "3", sort: None, usual: true },
        Column { key: "phone", label: "Phone", keep: "3", sort: None, usual: true },
        Column { key: "tags", label: "Tags", keep: "2", sort: None, usual: true },
        Column { key: "source", label: "Source", keep: "3", sort: None, usual: false },
        Column { key: "created_at", label: "Added", keep: "3", sort: Some(SortKey::Created), usual: false },
        Column { key: "updated_at", label: "Changed", keep: "2", sort: Some(SortKey::Updated), usual: true },
        Column { key: "owner", label: "Owner", keep: "3", sort: None, usual: true },
    ],
    searched: "Name, domain, phone, tag",
    add: ("Add a company", "plus"),
    nothing: (
        "No companies yet",
        "Nothing is here yet. Companies come along when you import people, or name one at a contact. \
         You can also add one by hand.",
    ),
    is_contacts: false,
    read: rows,
    count: store::count,
};

fn rows(db: &Db, filter: &Filter, sort: Sort, cursor: Option<&Cursor>, limit: i64) -> Result<(Vec<Row>, Page), Error> {
    let (companies, page) = store::page(db, filter, sort, cursor, limit)?;
    Ok((companies.into_iter().map(row).collect(), page))
}

/// One company with a cell for every column of [`SHAPE`], in its order.
fn row(company: Company) -> Row {
    let email = company.emails().next().map(|email| email.value.clone()).unwrap_or_default();
    let phone = company.phones().next().map(|phone| phone.shown()).unwrap_or_default();
    Row {
        id: company.id.0,
        path: Record::Company(company.id).path(),
        line: email,
        restricted: false,
        cells: vec![
            Cell::text(company.domain),
            Cell::text(company.address.city),
            Cell::text(phone),
            if company.tags.is_empty() { Cell::Nothing } else { Cell::Tags(company.tags) },
            Cell::text(source_words(&company.source)),
            Cell::Day(company.created_at),
            Cell::Day(company.updated_at),
            company.owner.map_or(Cell::Nothing, Cell::Owner),
        ],
        custom: company.custom,
        name: company.name,
    }
}

#[derive(Template)]
#[template(path = "people/companies/show.html")]
struct Show {
    company: Company,
    path: String,
    /// Those in sight, a page of them: name, job title, link.
    people: Vec<(String, String, String)>,
    people_count: String,
    /// The list of all of them.
    all_people: String,
    new_person: Option<String>,
    owner: String,
    owners: Vec<Choice>,
    owner_id: String,
    added_by: String,
    source: String,
    may_edit: bool,
    may_assign: bool,
    may_delete: bool,
    custom: Lines,
    files: Files,
    history: History,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let look: Look = request.query()?;
    match page(request, &look, "", None) {
        // One that went into another: links to it lead there.
        Err(Error::NotFound(what)) => {
            let lost = Record::Company(request.param("id")?);
            let successor = request.read(|db| merging::successor(db, lost))?.ok_or(Error::NotFound(what))?;
            Ok(Reply::see_other(request.url(&successor.path())))
        }
        other => other,
    }
}

/// The record page; with a note that could not be saved it comes back as 422.
fn page(request: &Request, look: &Look, note: &str, error: Option<String>) -> Result<Reply, Error> {
    let id: CompanyId = request.param("id")?;
    let access = asker::access(request, Area::Companies);
    let directory = asker::directory(request)?;
    let people_view = request.reach(Action::View, Area::Contacts);
    let (company, read, people, people_count) = request.read(|db| {
        let company = service::get(db, id, &access.view)?;
        let people = contacts::service::people_of(db, id, &people_view, SHOWN_PEOPLE)?;
        let count = store::count_people(db, id, &people_view)?;
        Ok((company, history::read(request, db, Record::Company(id), look)?, people, count))
    })?;
    let related = request.read(|db| Related::read(db, &company.custom, &Sight::of(request)))?;
    let is_rejected = error.is_some();
    let may_edit = access.edit.covers(company.owner);
    let may_delete = access.delete.covers(company.owner);
    let of = history::Of {
        record: Record::Company(id),
        name: &company.name,
        source: &company.source,
        owner: company.owner,
        created_at: company.created_at,
        created_by: company.created_by,
        may_edit,
        may_delete,
        label: field_label,
    };
    let show = Show {
        path: request.url(&Record::Company(id).path()),
        people: people
            .into_iter()
            .map(|person| (person.display_name, person.job_title, request.url(&Record::Contact(person.id).path())))
            .collect(),
        people_count: view::total_words("person", "people", people_count),
        all_people: request.url(&format!("/people/contacts?company={id}")),
        new_person: request
            .may(Action::Edit, Area::Contacts)
            .then(|| request.url(&format!("/people/contacts/new?company={id}"))),
        owner: name_of(&directory, company.owner),
        owners: owners_with_nobody(&directory),
        owner_id: company.owner.map(|owner| owner.to_string()).unwrap_or_default(),
        added_by: name_of(&directory, company.created_by),
        source: source_words(&company.source).to_owned(),
        may_edit,
        may_assign: access.assign.covers(company.owner),
        may_delete,
        custom: rows::lines(&company.custom, &request.reader().zone, &related, &|path| request.url(path)),
        files: Files::of(request, Record::Company(id), may_edit)?,
        history: History::new(request, read, &of, &directory, note, error)?,
        company,
    };
    let title = show.company.name.clone();
    if is_rejected {
        request.page_with_errors(&title, &[ABOVE], &show)
    } else {
        request.page_below(&title, &[ABOVE], &show)
    }
}

fn name_of(directory: &Directory, member: Option<MemberId>) -> String {
    member.map(|member| directory.name(member).to_owned()).unwrap_or_default()
}
