//! The pages of contacts below `/w/{slug}/people/contacts`: list, record, archive, delete.

use askama::Template;

use super::edit;
use super::form::field_label;
use super::store;
use super::{Contact, service};
use crate::db::Db;
use crate::error::Error;
use crate::id::{ContactId, MemberId};
use crate::members::directory::Directory;
use crate::people::acting::pages as acting;
use crate::people::attachments::view::Files;
use crate::people::custom_fields::related::{Related, Sight};
use crate::people::custom_fields::rows::{self, Lines};
use crate::people::form::source_words;
use crate::people::list::view::{self, Cell, Column, Row, Shape, owners_with_nobody};
use crate::people::list::{self, Cursor, Filter, Page, Sort, SortKey, builder, bulk};
use crate::people::record::{Object, Record};
use crate::people::timeline::view::{self as history, History, Look};
use crate::people::{asker, merging};
use crate::permission::{Action, Area};
use crate::privacy::person::card::Card;
use crate::privacy::restriction;
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route, format};

const VIEW: Access = Access::may(Action::View, Area::Contacts);
const EDIT: Access = Access::may(Action::Edit, Area::Contacts);
const DELETE: Access = Access::may(Action::Delete, Area::Contacts);
const ASSIGN: Access = Access::may(Action::Assign, Area::Contacts);

/// What stands above a contact's page.
pub(super) const ABOVE: (&str, &str) = ("Contacts", "/people/contacts");

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/contacts", VIEW, |request| view::show(request, &SHAPE)),
    Route::post("/w/{slug}/people/contacts/columns", VIEW, |request| view::choose_columns(request, &SHAPE)),
    Route::post("/w/{slug}/people/contacts/filter", VIEW, |request| builder::act(request, &SHAPE)),
    Route::post("/w/{slug}/people/contacts/bulk", VIEW, |request| bulk::act(request, Area::Contacts, SHAPE.path)),
    Route::get("/w/{slug}/people/contacts/new", EDIT, edit::new),
    Route::post("/w/{slug}/people/contacts/new", EDIT, edit::create),
    Route::get("/w/{slug}/people/contacts/{id}", VIEW, show),
    Route::get("/w/{slug}/people/contacts/{id}/edit", EDIT, edit::edit),
    Route::post("/w/{slug}/people/contacts/{id}/edit", EDIT, edit::save),
    Route::post("/w/{slug}/people/contacts/{id}/tags", EDIT, |request| acting::tag(request, Object::Contact)),
    Route::post("/w/{slug}/people/contacts/{id}/owner", ASSIGN, |request| acting::assign(request, Object::Contact)),
    Route::post("/w/{slug}/people/contacts/{id}/archive", EDIT, |request| acting::archive(request, Object::Contact)),
    Route::get("/w/{slug}/people/contacts/{id}/delete", DELETE, |request| acting::ask_delete(request, Object::Contact)),
    Route::post("/w/{slug}/people/contacts/{id}/delete", DELETE, |request| acting::delete(request, Object::Contact)),
    Route::post("/w/{slug}/people/contacts/{id}/notes", EDIT, |request| {
        acting::add_note(request, Object::Contact, page)
    }),
];

/// The list of these records.
pub(in crate::people) const SHAPE: Shape = Shape {
    title: "Contacts",
    one: "person",
    many: "people",
    path: "/people/contacts",
    list: "contacts",
    area: Area::Contacts,
    table: &list::filter::CONTACTS,
    columns: &[
        Column { key: "company", label: "Company", keep: "3", sort: Some(SortKey::Company), usual: true },
        Column { key: "job_title", label: "Job title", keep: "3", sort: None, usual: false },
        Column { key: "phone", label: "Phone", keep: "3", sort: None, usual: true },
        Column { key: "tags", label: "Tags", keep: "2", sort: None, usual: true },
        Column { key: "source", label: "Source", keep: "3", sort: None, usual: false },
        Column { key: "created_at", label: "Added", keep: "3", sort: Some(SortKey::Created), usual: false },
        Column { key: "updated_at", label: "Changed", keep: "2", sort: Some(SortKey::Updated), usual: true },
        Column {
            key: "last_activity_at",
            label: "Last activity",
            keep: "2",
            sort: Some(SortKey::Activity),
            usual: false,
        },
        Column { key: "owner", label: "Owner", keep: "3", sort: None, usual: true },
    ],
    searched: "Name, email, phone, company",
    add: ("Add a contact", "user-plus"),
    nothing: (
        "No contacts yet",
        "Nothing is here yet. The people you deal with will be listed here, each with company, notes and history. \
         Bring them in from a file, or add the first one by hand.",
    ),
    is_contacts: true,
    read: rows,
    count: store::count,
};

fn rows(db: &Db, filter: &Filter, sort: Sort, cursor: Option<&Cursor>, limit: i64) -> Result<(Vec<Row>, Page), Error> {
    let (contacts, page) = store::page(db, filter, sort, cursor, limit)?;
    Ok((contacts.into_iter().map(row).collect(), page))
}

/// One contact with a cell for every column of [`SHAPE`], in its order.
fn row(contact: Contact) -> Row {
    let email = contact.emails().next().map(|email| email.value.clone()).unwrap_or_default();
    let phone = contact.phones().next().map(|phone| phone.shown()).unwrap_or_default();
    let company = match &contact.company {
        Some((id, name)) => Cell::Link { label: name.clone(), path: Record::Company(*id).path() },
        None => Cell::Nothing,
    };
    Row {
        id: contact.id.0,
        path: Record::Contact(contact.id).path(),
        line: if email == contact.display_name { String::new() } else { email },
        restricted: contact.restricted,
        cells: vec![
            company,
            Cell::text(contact.job_title),
            Cell::text(phone),
            if contact.tags.is_empty() { Cell::Nothing } else { Cell::Tags(contact.tags) },
            Cell::text(source_words(&contact.source)),
            Cell::Day(contact.created_at),
            Cell::Day(contact.updated_at),
            contact.last_activity_at.map_or(Cell::Nothing, Cell::Day),
            contact.owner.map_or(Cell::Nothing, Cell::Owner),
        ],
        custom: contact.custom,
        name: contact.display_name,
    }
}

#[derive(Template)]
#[template(path = "people/contacts/show.html")]
struct Show {
    contact: Contact,
    path: String,
    company: Option<(String, String)>,
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
    /// For those who may look into people's rights.
    privacy: Option<Card>,
    history: History,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let look: Look = request.query()?;
    match page(request, &look, "", None) {
        // One that went into another: links to it lead there.
        Err(Error::NotFound(what)) => {
            let lost = Record::Contact(request.param("id")?);
            let successor = request.read(|db| merging::successor(db, lost))?.ok_or(Error::NotFound(what))?;
            Ok(Reply::see_other(request.url(&successor.path())))
        }
        other => other,
    }
}

/// The record page; with a note that could not be saved it comes back as 422.
fn page(request: &Request, look: &Look, note: &str, error: Option<String>) -> Result<Reply, Error> {
    let id: ContactId = request.param("id")?;
    let access = asker::access(request, Area::Contacts);
    let directory = asker::directory(request)?;
    let (contact, read) = request
        .read(|db| Ok((service::get(db, id, &access.view)?, history::read(request, db, Record::Contact(id), look)?)))?;
    let related = request.read(|db| Related::read(db, &contact.custom, &Sight::of(request)))?;
    let is_rejected = error.is_some();
    let may_edit = access.edit.covers(contact.owner);
    let may_delete = access.delete.covers(contact.owner);
    let of = history::Of {
        record: Record::Contact(id),
        name: &contact.display_name,
        source: &contact.source,
        owner: contact.owner,
        created_at: contact.created_at,
        created_by: contact.created_by,
        may_edit,
        may_delete,
        label: field_label,
    };
    let show = Show {
        path: request.url(&Record::Contact(id).path()),
        company: contact.company.as_ref().map(|(id, name)| (name.clone(), request.url(&Record::Company(*id).path()))),
        owner: name_of(&directory, contact.owner),
        owners: owners_with_nobody(&directory),
        owner_id: contact.owner.map(|owner| owner.to_string()).unwrap_or_default(),
        added_by: name_of(&directory, contact.created_by),
        source: source_words(&contact.source).to_owned(),
        may_edit,
        may_assign: access.assign.covers(contact.owner),
        may_delete,
        custom: rows::lines(&contact.custom, &request.reader().zone, &related, &|path| request.url(path)),
        files: Files::of(request, Record::Contact(id), may_edit)?,
        privacy: Card::of(request, Record::Contact(id).kind(), id.0)?,
        history: History::new(request, read, &of, &directory, note, error)?,
        contact,
    };
    restriction::reading::note(request, Record::Contact(id).kind(), id.0, "page")?;
    let title = show.contact.display_name.clone();
    if is_rejected {
        request.page_with_errors(&title, &[ABOVE], &show)
    } else {
        request.page_below(&title, &[ABOVE], &show)
    }
}

fn name_of(directory: &Directory, member: Option<MemberId>) -> String {
    member.map(|member| directory.name(member).to_owned()).unwrap_or_default()
}
