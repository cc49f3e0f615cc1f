//! What one can do with the ticked rows of a list. At most one page of them, in one transaction.

use askama::Template;

use crate::db::Tx;
use crate::error::Error;
use crate::id::MemberId;
use crate::people::asker;
use crate::people::record::{Access, Record};
use crate::people::{companies, contacts};
use crate::permission::{Action, Area};
use crate::web::ui;
use crate::web::{Reply, Request, is_own_path};

/// Rows that one request may touch.
const MOST: usize = 200;

/// The form under a list.
#[derive(Default)]
struct Form {
    action: String,
    ids: Vec<i64>,
    tag: String,
    /// A member's number or `nobody`; empty when none was chosen.
    owner: String,
    back: String,
    is_confirmed: bool,
}

#[derive(Template)]
#[template(path = "people/list/delete.html")]
struct Delete {
    action: String,
    back: String,
    count: usize,
    noun: &'static str,
    names: Vec<String>,
    ids: Vec<i64>,
    is_contacts: bool,
}

/// Does what the pressed button says. Deleting asks first, on a page of its own.
pub fn act(request: &Request, area: Area, list: &'static str) -> Result<Reply, Error> {
    let form = read(request)?;
    let back = if is_own_path(&form.back) { form.back.clone() } else { request.url(list) };
    if form.ids.is_empty() {
        return Ok(Reply::see_other(back));
    }
    let record = |id: i64| Record::new(if area == Area::Contacts { "contact" } else { "company" }, id);
    let records: Vec<Record> = form.ids.iter().filter_map(|id| record(*id)).collect();
    let access = asker::access(request, area);
    let word = match form.action.as_str() {
        "tag" => {
            demand(request, Action::Edit, area)?;
            if form.tag.trim().is_empty() {
                return Err(Error::field("tag", "required", "Enter the tag to add."));
            }
            request.write(|tx| each(tx, &records, |tx, record| add_tag(tx, record, &form.tag, &access)))?;
            "saved"
        }
        "assign" => {
            demand(request, Action::Assign, area)?;
            let owner = owner(request, &form.owner)?;
            request.write(|tx| each(tx, &records, |tx, record| assign(tx, record, owner, &access)))?;
            "saved"
        }
        "archive" | "unarchive" => {
            demand(request, Action::Edit, area)?;
            let archive = form.action == "archive";
            request.write(|tx| each(tx, &records, |tx, record| set_archived(tx, record, archive, &access)))?;
            if archive { "archived" } else { "restored" }
        }
        "delete" => {
            demand(request, Action::Delete, area)?;
            if !form.is_confirmed {
                return ask(request, area, &form, &records, &access, back);
            }
            request.write(|tx| each(tx, &records, |tx, record| delete(tx, record, &access)))?;
            crate::people::attachments::pages::clear(request)?;
            "deleted"
        }
        _ => return Err(Error::BadRequest("press one of the buttons of the list".into())),
    };
    Ok(Reply::see_other(back).toast(word))
}

/// What would go, by name, before it goes.
fn ask(
    request: &Request,
    area: Area,
    form: &Form,
    records: &[Record],
    access: &Access,
    back: String,
) -> Result<Reply, Error> {
    let names = request.read(|db| {
        let name = |record: &Record| match record {
            Record::Contact(id) => contacts::service::get(db, *id, &access.view).map(|contact| contact.display_name),
            Record::Company(id) => companies::service::get(db, *id, &access.view).map(|company| company.name),
        };
        records.iter().map(name).collect::<Result<Vec<String>, Error>>()
    })?;
    let is_contacts = area == Area::Contacts;
    let (title, path, noun) = match (is_contacts, names.len()) {
        (true, 1) => ("Contacts", "/people/contacts", "contact"),
        (true, _) => ("Contacts", "/people/contacts", "contacts"),
        (false, 1) => ("Companies", "/people/companies", "company"),
        (false, _) => ("Companies", "/people/companies", "companies"),
    };
    let action = request.url(&format!("{path}/bulk"));
    let page = Delete { action, back, count: names.len(), noun, names, ids: form.ids.clone(), is_contacts };
    request.page_below("Delete", &[(title, path)], &page)
}

fn read(request: &Request) -> Result<Form, Error> {
    let mut form = Form::default();
    for (name, value) in request.form_pairs()? {
        match name.as_str() {
            "action" => form.action = value,
            "id" => form.ids.extend(value.parse::<i64>().ok()),
            "tag" => form.tag = value,
            "owner" => form.owner = value,
            "back" => form.back = value,
            "confirmed" => form.is_confirmed = value == "true",
            _ => return Err(Error::field(name.clone(), "unknown_field", format!("There is no field {name} here."))),
        }
    }
    if form.ids.len() > MOST {
        return Err(Error::BadRequest(format!("{MOST} records are the most for one step")));
    }
    form.ids.sort_unstable();
    form.ids.dedup();
    Ok(form)
}

fn owner(request: &Request, text: &str) -> Result<Option<MemberId>, Error> {
    match text {
        "nobody" => Ok(None),
        "" => Err(Error::field("owner", "required", "Choose the new owner first.")),
        id => {
            let id = id.parse().map_err(|_| Error::field("owner", "unknown", "Choose somebody from the list."))?;
            asker::demand_active(request, id).map(Some)
        }
    }
}

/// The route admits whoever may see the list; each button needs its own right.
fn demand(request: &Request, action: Action, area: Area) -> Result<(), Error> {
    if request.may(action, area) { Ok(()) } else { Err(Error::Forbidden) }
}

fn each(tx: &Tx, records: &[Record], work: impl Fn(&Tx, Record) -> Result<(), Error>) -> Result<(), Error> {
    records.iter().try_for_each(|record| work(tx, *record))
}

fn add_tag(tx: &Tx, record: Record, tag: &str, access: &Access) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::add_tag(tx, id, tag, access),
        Record::Company(id) => companies::service::add_tag(tx, id, tag, access),
    }
}

fn assign(tx: &Tx, record: Record, owner: Option<MemberId>, access: &Access) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::assign(tx, id, owner, access),
        Record::Company(id) => companies::service::assign(tx, id, owner, access),
    }
}

fn set_archived(tx: &Tx, record: Record, archived: bool, access: &Access) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::set_archived(tx, id, None, archived, access),
        Record::Company(id) => companies::service::set_archived(tx, id, None, archived, access),
    }
}

fn delete(tx: &Tx, record: Record, access: &Access) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::delete(tx, id, None, access),
        Record::Company(id) => companies::service::delete(tx, id, None, access),
    }
}
