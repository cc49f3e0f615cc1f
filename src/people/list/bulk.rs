//! What one can do with the ticked rows of a list, or with all that the list holds: `people/bulk` does it.

use askama::Template;

use super::address::Address;
use super::filter::{COMPANIES, CONTACTS};
use super::{Sort, SortKey};
use crate::error::Error;
use crate::people::bulk::{self, Edit, service};
use crate::people::record::{Object, Record};
use crate::people::views::Looker;
use crate::people::{asker, companies, contacts, trash};
use crate::permission::{Action, Area};
use crate::web::ui;
use crate::web::{Reply, Request, is_own_path};

/// As many records are edited at once, while the member waits; more are left to the job.
const AT_ONCE: usize = 200;
/// Names that the question before a deletion shows.
const NAMED: usize = 20;

/// The form under a list.
#[derive(Default)]
struct Form {
    action: String,
    ids: Vec<i64>,
    /// Everything the list holds, not only what is ticked.
    all: bool,
    tag: String,
    /// A member's number or `nobody`; empty when none was chosen.
    owner: String,
    back: String,
    /// The query of the list, which may be longer than an address that leads back.
    narrowed: Option<String>,
    is_confirmed: bool,
}

#[derive(Template)]
#[template(path = "people/list/delete.html")]
struct Delete {
    action: String,
    back: String,
    count: i64,
    /// Of them without a name here.
    more: i64,
    noun: &'static str,
    names: Vec<String>,
    ids: Vec<i64>,
    all: bool,
    narrowed: String,
    is_contacts: bool,
    /// How long they wait in the trash.
    days: i64,
}

/// Does what the pressed button says. Deleting asks first, on a page of its own.
pub fn act(request: &Request, area: Area, list: &'static str) -> Result<Reply, Error> {
    let form = read(request)?;
    let back = if is_own_path(&form.back) { form.back.clone() } else { request.url(list) };
    let object = if area == Area::Contacts { Object::Contact } else { Object::Company };
    let edit = edit(request, object, &form)?;
    if !request.may(edit.needs(), area) {
        return Err(Error::Forbidden);
    }
    let ids = if form.all { everything(request, object, &form)? } else { form.ids.clone() };
    if ids.is_empty() {
        return Ok(Reply::see_other(back));
    }
    if edit == Edit::Delete && !form.is_confirmed {
        return ask(request, object, &form, &ids, back);
    }
    if ids.len() > AT_ONCE {
        return bulk::pages::start(request, object, &edit, &ids);
    }
    let access = asker::access(request, area);
    let bulk = request.write(|tx| {
        let id = service::start(tx, object, &edit, &ids, &access)?;
        while !service::step(tx, id, ids.len() as i64)? {}
        service::get(tx, id)
    })?;
    if edit == Edit::Delete {
        crate::people::attachments::pages::clear(request)?;
    }
    if bulk.left_out > 0 {
        return Ok(Reply::see_other(request.url(&format!("/people/bulk/{}", bulk.id))));
    }
    let word = match edit {
        Edit::Archive => "archived",
        Edit::Unarchive => "restored",
        Edit::Delete => "deleted",
        _ => "edited",
    };
    Ok(Reply::see_other(back).toast(word))
}

fn edit(request: &Request, object: Object, form: &Form) -> Result<Edit, Error> {
    let argument = match form.action.as_str() {
        "assign" if form.owner.is_empty() => {
            return Err(Error::field("owner", "required", "Choose the new owner first."));
        }
        "assign" => &form.owner,
        _ => &form.tag,
    };
    let edit = Edit::read(object, &form.action, "", argument)?;
    if let Edit::Assign(Some(owner)) = edit {
        asker::demand_active(request, owner)?;
    }
    Ok(edit)
}

/// The records of the whole list, as its address narrows it.
fn everything(request: &Request, object: Object, form: &Form) -> Result<Vec<i64>, Error> {
    let unreadable = || Error::BadRequest("the list cannot be read".into());
    let query = match &form.narrowed {
        Some(narrowed) => narrowed.as_str(),
        None if is_own_path(&form.back) => form.back.split_once('?').map_or("", |(_, query)| query),
        // Without the list's own address nobody knows what all of it is.
        None => return Err(unreadable()),
    };
    let address: Address = serde_html_form::from_str(query).map_err(|_| unreadable())?;
    let table = if object == Object::Contact { &CONTACTS } else { &COMPANIES };
    let reach = request.reach(Action::View, object.area());
    let looker = Looker::of(request)?;
    request.read(|db| {
        let Some(filter) = address.filter(db, table, &reach, &looker)? else { return Ok(Vec::new()) };
        Ok(super::page(db, table, &filter, Sort::up(SortKey::Created), None, bulk::MOST as i64)?.ids)
    })
}

/// What would go, by name, before it goes.
fn ask(request: &Request, object: Object, form: &Form, ids: &[i64], back: String) -> Result<Reply, Error> {
    let access = asker::access(request, object.area());
    let names = request.read(|db| {
        let name = |record: Record| match record {
            Record::Contact(id) => contacts::service::get(db, id, &access.view).map(|contact| contact.display_name),
            Record::Company(id) => companies::service::get(db, id, &access.view).map(|company| company.name),
        };
        let records = ids.iter().take(NAMED).filter_map(|id| Record::new(object.word(), *id));
        records.map(name).collect::<Result<Vec<String>, Error>>()
    })?;
    let is_contacts = object == Object::Contact;
    let (title, path, noun) = match (is_contacts, ids.len()) {
        (true, 1) => ("Contacts", "/people/contacts", "contact"),
        (true, _) => ("Contacts", "/people/contacts", "contacts"),
        (false, 1) => ("Companies", "/people/companies", "company"),
        (false, _) => ("Companies", "/people/companies", "companies"),
    };
    let page = Delete {
        action: request.url(&format!("{path}/bulk")),
        back,
        count: ids.len() as i64,
        more: (ids.len() - names.len()) as i64,
        noun,
        names,
        // Everything is asked for again when the answer comes: the list may be long.
        ids: if form.all { Vec::new() } else { ids.to_vec() },
        all: form.all,
        narrowed: form.narrowed.clone().unwrap_or_default(),
        is_contacts,
        days: request.read(trash::service::days)?,
    };
    request.page_below("Delete", &[(title, path)], &page)
}

fn read(request: &Request) -> Result<Form, Error> {
    let mut form = Form::default();
    for (name, value) in request.form_pairs()? {
        match name.as_str() {
            "action" => form.action = value,
            "id" => form.ids.push(value.parse().map_err(|_| Error::BadRequest("an id is a whole number".into()))?),
            "all" => form.all = value == "true",
            "tag" => form.tag = value,
            "owner" => form.owner = value,
            "back" => form.back = value,
            "narrowed" => form.narrowed = Some(value),
            "confirmed" => form.is_confirmed = value == "true",
            _ => return Err(Error::field(name.clone(), "unknown_field", format!("There is no field {name} here."))),
        }
    }
    form.ids.sort_unstable();
    form.ids.dedup();
    Ok(form)
}
