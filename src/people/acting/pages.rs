//! What the buttons on the page of a record do. The routes are each kind's own, with their permissions.

use serde::Deserialize;

pub use super::deleting::{ask_delete, delete};
use crate::error::Error;
use crate::people::mentions::Audience;
use crate::people::record::{Object, Record};
use crate::people::timeline::view::Look;
use crate::people::{asker, notes, tags};
use crate::web::{Reply, Request};

/// The record that the path names.
fn named(request: &Request, object: Object) -> Result<Record, Error> {
    Ok(object.record(request.param("id")?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TagForm {
    #[serde(default)]
    add: String,
    #[serde(default)]
    remove: String,
}

/// Takes one tag off and puts others on.
pub fn tag(request: &Request, object: Object) -> Result<Reply, Error> {
    let record = named(request, object)?;
    let form: TagForm = request.form()?;
    let access = asker::access(request, object.area());
    request.write(|tx| {
        if !form.remove.is_empty() {
            super::remove_tag(tx, record, &form.remove, &access)?;
        }
        tags::split(&form.add).iter().try_for_each(|tag| super::add_tag(tx, record, tag, &access))
    })?;
    Ok(Reply::see_other(request.url(&record.path())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnerForm {
    owner: String,
}

pub fn assign(request: &Request, object: Object) -> Result<Reply, Error> {
    let record = named(request, object)?;
    let form: OwnerForm = request.form()?;
    let owner = match form.owner.as_str() {
        "" => None,
        owner => Some(asker::demand_active(request, owner.parse().map_err(|_| Error::NotFound("member"))?)?),
    };
    let access = asker::access(request, object.area());
    request.write(|tx| super::assign(tx, record, owner, &access))?;
    // Who gave the record away may not see it any more.
    let to = if access.view.covers(owner) { record.path() } else { object.path().to_owned() };
    Ok(Reply::see_other(request.url(&to)).toast("saved"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchiveForm {
    version: i64,
    #[serde(default)]
    archived: bool,
}

pub fn archive(request: &Request, object: Object) -> Result<Reply, Error> {
    let record = named(request, object)?;
    let form: ArchiveForm = request.form()?;
    let access = asker::access(request, object.area());
    request.write(|tx| super::set_archived(tx, record, Some(form.version), form.archived, &access))?;
    let word = if form.archived { "archived" } else { "restored" };
    Ok(Reply::see_other(request.url(&record.path())).toast(word))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteForm {
    body: String,
}

/// Shows the record's page again, with the text of a note that was refused and why.
type PageWithNote = fn(&Request, &Look, &str, Option<String>) -> Result<Reply, Error>;

pub fn add_note(request: &Request, object: Object, page: PageWithNote) -> Result<Reply, Error> {
    let on = named(request, object)?;
    let form: NoteForm = request.form()?;
    let access = asker::access(request, object.area());
    let audience = Audience::of(&request.app, request.member()?.workspace_id())?;
    match request.write(|tx| notes::service::create(tx, on, &form.body, &access, &audience)) {
        Ok(written) => Ok(Reply::see_other(request.url(&written.path(on)))),
        Err(Error::Invalid(errors)) => {
            page(request, &Look::default(), &form.body, errors.first().map(|error| error.message.clone()))
        }
        Err(error) => Err(error),
    }
}
