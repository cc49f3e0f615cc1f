//! The page that asks before a record goes into the trash, and what its answer does.

use askama::Template;
use serde::Deserialize;

use crate::db::Db;
use crate::error::Error;
use crate::id::MemberId;
use crate::people::record::{Access, Object, Record};
use crate::people::{asker, attachments, companies, contacts, notes, trash};
use crate::web::ui;
use crate::web::{Reply, Request};

#[derive(Template)]
#[template(path = "people/delete.html")]
struct Ask {
    name: String,
    version: i64,
    path: String,
    notes: usize,
    is_contacts: bool,
    is_stale: bool,
    /// How long it waits in the trash.
    days: i64,
}

/// Asks before the record goes. Fails with [`Error::Forbidden`] for who may not delete it.
pub fn ask_delete(request: &Request, object: Object) -> Result<Reply, Error> {
    ask(request, object, false)
}

fn ask(request: &Request, object: Object, is_stale: bool) -> Result<Reply, Error> {
    let record = object.record(request.param("id")?);
    let access = asker::access(request, object.area());
    let (name, version, notes, days) = request.read(|db| {
        let (name, owner, version) = facts(db, record, &access)?;
        access.demand_delete(owner, record.kind())?;
        Ok((name, version, notes::service::of(db, record, None, 10_000)?.len(), trash::service::days(db)?))
    })?;
    let is_contacts = object == Object::Contact;
    let page = Ask { name, version, path: request.url(&record.path()), notes, is_contacts, is_stale, days };
    let above = (object.title(), object.path());
    let reply = request.page_below("Delete", &[above, (&page.name, &record.path())], &page)?;
    // Somebody worked on it meanwhile: the question is asked again, about what it is now.
    Ok(if is_stale { reply.status(409) } else { reply })
}

/// Name, owner and version of a record in sight.
fn facts(db: &Db, record: Record, access: &Access) -> Result<(String, Option<MemberId>, i64), Error> {
    Ok(match record {
        Record::Contact(id) => {
            let contact = contacts::service::get(db, id, &access.view)?;
            (contact.display_name, contact.owner, contact.version)
        }
        Record::Company(id) => {
            let company = companies::service::get(db, id, &access.view)?;
            (company.name, company.owner, company.version)
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: i64,
}

/// What was answered. When the record is another by now, the question stands again.
pub fn delete(request: &Request, object: Object) -> Result<Reply, Error> {
    let record = object.record(request.param("id")?);
    let form: Form = request.form()?;
    let access = asker::access(request, object.area());
    match request.write(|tx| super::delete(tx, record, Some(form.version), &access)) {
        Err(Error::Stale(_)) => return ask(request, object, true),
        deleted => deleted?,
    }
    attachments::pages::clear(request)?;
    Ok(Reply::see_other(request.url(object.path())).toast("deleted"))
}
