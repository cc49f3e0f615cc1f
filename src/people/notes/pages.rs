//! The pages on which a note is changed and deleted. It is written on the page of its record.

use askama::Template;
use serde::Deserialize;

use super::{Note, service};
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::NoteId;
use crate::people::mentions::{self, Audience};
use crate::people::record::Record;
use crate::people::{asker, companies, contacts};
use crate::visitor::Reach;
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

/// Who may see a record may see its notes; the service asks for the right to change it.
pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/notes/{id}/edit", Access::Member, edit),
    Route::post("/w/{slug}/people/notes/{id}/edit", Access::Member, save),
    Route::get("/w/{slug}/people/notes/{id}/delete", Access::Member, ask_delete),
    Route::post("/w/{slug}/people/notes/{id}/delete", Access::Member, delete),
];

#[derive(Template)]
#[template(path = "people/notes/edit.html")]
struct Edit {
    action: String,
    back: String,
    /// Where the members come from that fit what is typed after an @.
    mentions: String,
    version: i64,
    body: String,
    /// As it stands now, when somebody else changed it meanwhile.
    theirs: Option<String>,
    errors: Vec<FieldError>,
}

fn edit(request: &Request) -> Result<Reply, Error> {
    let (note, name) = read(request)?;
    let body = mentions::typed(&note.body, &asker::directory(request)?);
    page(request, &note, &name, body, None, Vec::new())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: i64,
    body: String,
}

fn save(request: &Request) -> Result<Reply, Error> {
    let id: NoteId = request.param("id")?;
    let form: Form = request.form()?;
    let audience = Audience::of(&request.app, request.member()?.workspace_id())?;
    let access = asker::access_to(request);
    let saved = request.write(|tx| service::change(tx, id, form.version, &form.body, access, &audience));
    let (note, name) = read(request)?;
    match saved {
        Ok(written) => Ok(Reply::see_other(request.url(&written.path(note.on))).toast("saved")),
        Err(Error::Invalid(errors)) => page(request, &note, &name, form.body, None, errors),
        Err(Error::Stale(_)) => {
            let theirs = Some(mentions::plain(&note.body, &audience.directory));
            page(request, &note, &name, form.body, theirs, Vec::new())
        }
        Err(error) => Err(error),
    }
}

fn page(
    request: &Request,
    note: &Note,
    name: &str,
    body: String,
    theirs: Option<String>,
    errors: Vec<FieldError>,
) -> Result<Reply, Error> {
    let path = note.on.path();
    let action = request.url(&format!("/people/notes/{}/edit", note.id));
    let (is_invalid, is_stale) = (!errors.is_empty(), theirs.is_some());
    let mentions = request.url(&format!("/people/mentions?on={}:{}", note.on.kind(), note.on.id()));
    let edit = Edit { action, back: request.url(&path), mentions, version: note.version, body, theirs, errors };
    let above = [above(note.on), (name, path.as_str())];
    if is_invalid {
        return request.page_with_errors("Change the note", &above, &edit);
    }
    Ok(request.page_below("Change the note", &above, &edit)?.status(if is_stale { 409 } else { 200 }))
}

#[derive(Template)]
#[template(path = "people/notes/delete.html")]
struct Delete {
    action: String,
    back: String,
    version: i64,
    body: String,
}

fn ask_delete(request: &Request) -> Result<Reply, Error> {
    let (note, name) = read(request)?;
    let path = note.on.path();
    let action = request.url(&format!("/people/notes/{}/delete", note.id));
    let body = mentions::plain(&note.body, &asker::directory(request)?);
    let page = Delete { action, back: request.url(&path), version: note.version, body };
    request.page_below("Delete the note", &[above(note.on), (&name, &path)], &page)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteForm {
    version: i64,
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let id: NoteId = request.param("id")?;
    let form: DeleteForm = request.form()?;
    match request.write(|tx| service::delete(tx, id, Some(form.version), asker::access_to(request))) {
        Ok(note) => Ok(Reply::see_other(request.url(&note.on.path())).toast("deleted")),
        // Its author changed it meanwhile: show what it says now, and ask again.
        Err(Error::Stale(_)) => Ok(ask_delete(request)?.status(409)),
        Err(error) => Err(error),
    }
}

/// The note of the address, and the name of the record it is on.
fn read(request: &Request) -> Result<(Note, String), Error> {
    let id: NoteId = request.param("id")?;
    request.read(|db| {
        let note = service::get(db, id, asker::access_to(request))?;
        let name = name_of(db, note.on)?;
        Ok((note, name))
    })
}

/// The name of a record that was found to be in sight.
pub(in crate::people) fn name_of(db: &Db, on: Record) -> Result<String, Error> {
    match on {
        Record::Contact(id) => contacts::service::get(db, id, &Reach::Everything).map(|contact| contact.display_name),
        Record::Company(id) => companies::service::get(db, id, &Reach::Everything).map(|company| company.name),
    }
}

pub(in crate::people) fn above(on: Record) -> (&'static str, &'static str) {
    match on {
        Record::Contact(_) => ("Contacts", "/people/contacts"),
        Record::Company(_) => ("Companies", "/people/companies"),
    }
}
