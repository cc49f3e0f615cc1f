//! `/people/imports/mappings`: the mappings that are remembered, to rename and to forget.

use askama::Template;

use super::{Remembered, service};
use crate::error::{Error, FieldError};
use crate::id::ImportMappingId;
use crate::people::imports::fields::Fields;
use crate::people::imports::{pages, sent};
use crate::people::record::Object;
use crate::web::ui;
use crate::web::{Reply, Request};

#[derive(Template)]
#[template(path = "people/imports/remembered/list.html")]
struct List {
    base: String,
    lines: Vec<Line>,
    errors: Vec<FieldError>,
}

struct Line {
    known: Remembered,
    /// What the name field holds: the name, or what was sent and refused.
    name: String,
    /// The id of the field, so that an error leads to it.
    field: String,
    /// Headings whose field is gone, with what the field was called.
    gone: Vec<(String, String)>,
    /// What is wrong with the name, at the field of its form.
    errors: Vec<FieldError>,
}

fn page(request: &Request, refused: Option<(ImportMappingId, String)>, errors: Vec<FieldError>) -> Result<List, Error> {
    let may_companies = sent::may_import(request, Object::Company);
    let lines = request.read(|db| {
        let people = Fields::load(db, Object::Contact, may_companies, true)?;
        let companies = Fields::load(db, Object::Company, may_companies, true)?;
        let seen = service::all(db)?.into_iter().filter(|known| sent::may_import(request, known.object));
        let line = |known: Remembered| {
            let fields = if known.object == Object::Contact { &people } else { &companies };
            let refused = refused.as_ref().filter(|(id, _)| *id == known.id).map(|(_, name)| name.clone());
            let name = refused.unwrap_or_else(|| known.name.clone());
            let field = format!("name-{}", known.id);
            let own = errors.iter().filter(|error| error.field == field);
            let errors = own.map(|error| FieldError { field: "name".into(), ..error.clone() }).collect();
            Line { gone: known.missing(fields), field, name, errors, known }
        };
        Ok(seen.map(line).collect())
    })?;
    Ok(List { base: request.url("/people/imports"), lines, errors })
}

pub fn list(request: &Request) -> Result<Reply, Error> {
    request.page_below("Remembered mappings", pages::ABOVE, &page(request, None, Vec::new())?)
}

/// The mapping in the path, when the asker may import such records.
pub fn find(request: &Request) -> Result<Remembered, Error> {
    let id: ImportMappingId = request.param("id")?;
    let known = request.read(|db| service::get(db, id))?;
    if sent::may_import(request, known.object) { Ok(known) } else { Err(Error::NotFound("mapping")) }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NameForm {
    #[serde(default)]
    name: String,
}

pub fn rename(request: &Request) -> Result<Reply, Error> {
    let known = find(request)?;
    let form: NameForm = request.form()?;
    match request.write(|tx| service::rename(tx, known.id, None, &form.name)) {
        Ok(()) => Ok(Reply::see_other(request.url("/people/imports/mappings")).toast("import-mapping-renamed")),
        Err(Error::Invalid(errors)) => {
            let field = format!("name-{}", known.id);
            let errors = errors.into_iter().map(|error| FieldError { field: field.clone().into(), ..error }).collect();
            let page = page(request, Some((known.id, form.name)), errors)?;
            request.page_with_errors("Remembered mappings", pages::ABOVE, &page)
        }
        Err(error) => Err(error),
    }
}

pub fn forget(request: &Request) -> Result<Reply, Error> {
    let known = find(request)?;
    request.write(|tx| service::forget(tx, known.id))?;
    Ok(Reply::see_other(request.url("/people/imports/mappings")).toast("import-mapping-forgotten"))
}
