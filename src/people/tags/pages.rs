//! `/w/{slug}/settings/tags`: the words on contacts and companies.

use askama::Template;
use serde::Deserialize;

use super::{Tag, demand_all, service};
use crate::error::{Error, FieldError};
use crate::id::TagId;
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::people::views;
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);
const PATH: &str = "/settings/tags";
const ABOVE: &[(&str, &str)] = &[("Settings", "/settings"), ("Tags", PATH)];

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/tags", MANAGE, list),
    Route::post("/w/{slug}/settings/tags", MANAGE, create),
    Route::get("/w/{slug}/settings/tags/{id}", MANAGE, edit),
    Route::post("/w/{slug}/settings/tags/{id}", MANAGE, rename),
    Route::post("/w/{slug}/settings/tags/{id}/merge", MANAGE, merge),
    Route::get("/w/{slug}/settings/tags/{id}/delete", MANAGE, ask_delete),
    Route::post("/w/{slug}/settings/tags/{id}/delete", MANAGE, delete),
];

#[derive(Template)]
#[template(path = "people/tags/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    people: String,
    /// Each with its name as it stands in an address.
    tags: Vec<(Tag, String)>,
    name: String,
    errors: Vec<FieldError>,
}

impl List {
    fn new(request: &Request, name: String, errors: Vec<FieldError>) -> Result<List, Error> {
        let encoded = |name: &str| form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let tags = request.read(service::all)?.into_iter().map(|tag| (encoded(&tag.name), tag));
        let tags = tags.map(|(encoded, tag)| (tag, encoded)).collect();
        let (base, people) = (request.url(PATH), request.url("/people"));
        Ok(List { tabs: tabs(request, PATH), base, people, tags, name, errors })
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    request.page_below("Tags", &ABOVE[..1], &List::new(request, String::new(), Vec::new())?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewForm {
    name: String,
}

fn create(request: &Request) -> Result<Reply, Error> {
    demand_all(request)?;
    let form: NewForm = request.form()?;
    match request.write(|tx| service::create(tx, &form.name)) {
        Ok(_) => Ok(Reply::see_other(request.url(PATH)).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("Tags", &ABOVE[..1], &List::new(request, form.name, errors)?)
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "people/tags/edit.html")]
struct Edit {
    tag: Tag,
    base: String,
    name: String,
    into: String,
    others: Vec<Choice>,
    errors: Vec<FieldError>,
}

impl Edit {
    fn new(request: &Request, tag: Tag, typed: Typed, errors: Vec<FieldError>) -> Result<Edit, Error> {
        let all = request.read(service::all)?;
        let others = all.into_iter().filter(|other| other.id != tag.id);
        let others = others.map(|other| Choice::new(other.id.to_string(), other.name));
        let others = std::iter::once(Choice::new("", "Choose")).chain(others).collect();
        Ok(Edit { base: request.url(PATH), name: typed.name, into: typed.into, others, tag, errors })
    }
}

/// What stands in the two forms of a tag's page.
struct Typed {
    name: String,
    into: String,
}

fn find(request: &Request) -> Result<Tag, Error> {
    let id: TagId = request.param("id")?;
    request.read(|db| service::find(db, id))?.ok_or(Error::NotFound("tag"))
}

fn edit(request: &Request) -> Result<Reply, Error> {
    let tag = find(request)?;
    let (title, typed) = (tag.name.clone(), Typed { name: tag.name.clone(), into: String::new() });
    request.page_below(&title, ABOVE, &Edit::new(request, tag, typed, Vec::new())?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenameForm {
    version: i64,
    name: String,
}

fn rename(request: &Request) -> Result<Reply, Error> {
    demand_all(request)?;
    let form: RenameForm = request.form()?;
    let tag = find(request)?;
    let done = request.write(|tx| service::rename(tx, tag.id, form.version, &form.name));
    answer(request, tag, Typed { name: form.name, into: String::new() }, "name", done)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MergeForm {
    version: i64,
    /// The number of the tag that stays; empty when none was chosen.
    into: String,
}

fn merge(request: &Request) -> Result<Reply, Error> {
    demand_all(request)?;
    let form: MergeForm = request.form()?;
    let tag = find(request)?;
    // What is no number is no tag either.
    let into = TagId(form.into.parse().unwrap_or_default());
    let done = request.write(|tx| service::merge(tx, tag.id, form.version, into));
    let typed = Typed { name: tag.name.clone(), into: form.into };
    answer(request, tag, typed, "into", done)
}

/// Back to the list, or the same page with what was typed and the rule beside `field`.
fn answer(
    request: &Request,
    tag: Tag,
    typed: Typed,
    field: &'static str,
    done: Result<(), Error>,
) -> Result<Reply, Error> {
    let title = tag.name.clone();
    match done {
        Ok(()) => Ok(Reply::see_other(request.url(PATH)).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors(&title, ABOVE, &Edit::new(request, tag, typed, errors)?)
        }
        Err(Error::Stale(_)) => {
            let message =
                "Somebody changed this tag since you opened it: it is as it stands here now. Look, then do it again.";
            let errors = vec![FieldError::new(field, "stale", message)];
            Ok(request.page_below(&title, ABOVE, &Edit::new(request, tag, typed, errors)?)?.status(409))
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "people/tags/delete.html")]
struct Delete {
    tag: Tag,
    /// Views that ask for it.
    views: views::Using,
    back: String,
}

fn ask_delete(request: &Request) -> Result<Reply, Error> {
    let tag = find(request)?;
    let views = request.read(|db| views::service::that_ask_for_tag(db, &tag.name))?;
    request.page_below("Delete", ABOVE, &Delete { tag, views, back: request.url(PATH) })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteForm {
    version: i64,
}

fn delete(request: &Request) -> Result<Reply, Error> {
    demand_all(request)?;
    let id: TagId = request.param("id")?;
    let form: DeleteForm = request.form()?;
    match request.write(|tx| service::delete(tx, id, Some(form.version))) {
        Ok(()) => Ok(Reply::see_other(request.url(PATH)).toast("deleted-for-good")),
        // Asked again, with what it is called and carried by now.
        Err(Error::Stale(_)) => Ok(Reply::see_other(request.url(&format!("{PATH}/{id}/delete")))),
        Err(error) => Err(error),
    }
}
