//! `/w/{slug}/people/views`: the views a member sees; saving a list as one, changing it, taking it away.

use std::collections::BTreeMap;

use askama::Template;
use serde::Deserialize;

use super::{Looker, NewView, SavedView, Sharing, columns, service, shape, tabs};
use crate::error::{Error, FieldError};
use crate::id::ViewId;
use crate::people::asker;
use crate::people::custom_fields::Definitions;
use crate::people::list::absorbing::absorb;
use crate::people::list::address::Address;
use crate::people::list::tree::{Group, json};
use crate::people::list::view::total_words;
use crate::people::record::Object;
use crate::permission::Action;
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const PATH: &str = "/people/views";

/// A view shows records of one kind, and the handlers ask whether the member may see those.
pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/views", Access::Member, list),
    Route::get("/w/{slug}/people/views/tabs", Access::Member, tabs::refresh),
    Route::get("/w/{slug}/people/views/new", Access::Member, new),
    Route::post("/w/{slug}/people/views/new", Access::Member, create),
    Route::get("/w/{slug}/people/views/{id}", Access::Member, edit),
    Route::post("/w/{slug}/people/views/{id}", Access::Member, save),
    Route::get("/w/{slug}/people/views/{id}/delete", Access::Member, ask_delete),
    Route::post("/w/{slug}/people/views/{id}/delete", Access::Member, delete),
];

#[derive(Template)]
#[template(path = "people/views/list.html")]
struct List {
    base: String,
    /// Of contacts, then of companies, as far as the member may see them.
    groups: Vec<(&'static str, String, Vec<Line>)>,
}

/// One view in the list of them.
struct Line {
    view: SavedView,
    href: String,
    owner: String,
    /// How many records; `None` when the filter cannot be answered any more.
    count: Option<String>,
    may_change: bool,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let looker = Looker::of(request)?;
    let directory = asker::directory(request)?;
    let mut groups = Vec::new();
    for object in Object::ALL.iter().copied().filter(|object| request.may(Action::View, object.area())) {
        let (shape, reach) = (shape(object), request.reach(Action::View, object.area()));
        let base = request.url(shape.path);
        let lines = request.read(|db| {
            let views = service::visible(db, object, &looker)?;
            let line = |view: SavedView| {
                let count = tabs::counted(db, &view, &reach, &looker)?;
                Ok(Line {
                    href: format!("{base}?view={}", view.id),
                    owner: view.owner.map(|owner| directory.name(owner).to_owned()).unwrap_or_default(),
                    count: count.map(|count| total_words(shape.one, shape.many, count)),
                    may_change: looker.may_change(&view),
                    view,
                })
            };
            views.into_iter().map(line).collect::<Result<Vec<_>, Error>>()
        })?;
        groups.push((shape.title, base, lines));
    }
    request.page("Views", &List { base: request.url(PATH), groups })
}

#[derive(Template)]
#[template(path = "people/views/edit.html")]
struct Edit {
    /// The view as it is; `None` while it is being made.
    view: Option<SavedView>,
    form: Form,
    conditions: usize,
    /// Words were searched for, which a view does not keep.
    leaves_words: bool,
    many: &'static str,
    back: String,
    build: String,
    delete: String,
    sharing: Vec<Choice>,
    sorts: Vec<Choice>,
    columns: Vec<Choice>,
    errors: Vec<FieldError>,
}

/// The form, as it was typed.
#[derive(Default)]
struct Form {
    version: i64,
    object: String,
    name: String,
    filter: String,
    sort: String,
    sharing: String,
    columns: Vec<String>,
}

impl Form {
    fn of(view: &NewView, version: i64) -> Form {
        Form {
            version,
            object: view.object.word().into(),
            name: view.name.clone(),
            filter: json::text(&view.filter),
            sort: view.sort.clone(),
            sharing: view.sharing.word().into(),
            columns: view.columns.clone(),
        }
    }

    fn read(request: &Request) -> Result<Form, Error> {
        let mut form = Form::default();
        for (name, value) in request.form_pairs()? {
            match name.as_str() {
                "version" => form.version = value.parse().unwrap_or(0),
                "object" => form.object = value,
                "name" => form.name = value,
                "filter" => form.filter = value,
                "sort" => form.sort = value,
                "sharing" => form.sharing = value,
                "column" => form.columns.push(value),
                _ => {
                    return Err(Error::field(name.clone(), "unknown_field", format!("There is no field {name} here.")));
                }
            }
        }
        Ok(form)
    }

    /// What was typed. The kind of record and the conditions of a view that is there are not in the form and stay.
    fn to_new(&self, before: Option<&SavedView>) -> Result<NewView, Error> {
        let filter = match (before, self.filter.as_str()) {
            (Some(before), _) => before.filter.clone(),
            (None, "") => Group::default(),
            (None, text) => json::parse(text, "filter")?,
        };
        let unknown = || Error::field("sharing", "unknown", "Choose who sees the view.");
        Ok(NewView {
            object: before
                .map_or_else(|| Object::from_word(&self.object), |before| Some(before.object))
                .unwrap_or(Object::Contact),
            name: self.name.clone(),
            filter,
            columns: self.columns.clone(),
            sort: self.sort.clone(),
            sharing: Sharing::from_word(&self.sharing).ok_or_else(unknown)?,
        })
    }
}

/// Fails like a page that is not there for a kind of record that the member may not see.
fn demand(request: &Request, object: Object) -> Result<(), Error> {
    if request.may(Action::View, object.area()) { Ok(()) } else { Err(Error::NotFound("page")) }
}

fn draw(
    request: &Request,
    view: Option<SavedView>,
    form: Form,
    leaves_words: bool,
    errors: Vec<FieldError>,
) -> Result<Reply, Error> {
    let object = Object::from_word(&form.object).unwrap_or(Object::Contact);
    let definitions = request.read(|db| Definitions::load(db, object))?;
    let mut sorts = Vec::new();
    for (word, label) in columns::orders(object, &definitions) {
        sorts.push(Choice::new(if word == "name" { String::new() } else { word.clone() }, format!("{label}, upwards")));
        sorts.push(Choice::new(format!("-{word}"), format!("{label}, downwards")));
    }
    let shape = shape(object);
    let list = request.url(shape.path);
    let here = request.url(PATH);
    let is_refused = !errors.is_empty();
    let (title, back, build, delete) = match &view {
        Some(view) => (
            view.name.clone(),
            format!("{list}?view={}", view.id),
            format!("{list}?view={}&build=true", view.id),
            format!("{here}/{}/delete", view.id),
        ),
        None => ("Save a view".to_owned(), list, String::new(), String::new()),
    };
    let page = Edit {
        conditions: json::parse(&form.filter, "filter").map_or(0, |filter| filter.count()),
        leaves_words,
        many: shape.many,
        back,
        build,
        delete,
        sharing: Sharing::ALL.iter().map(|sharing| Choice::new(sharing.word(), sharing.label())).collect(),
        sorts,
        columns: columns::offered(object, &definitions)
            .into_iter()
            .map(|(key, label)| Choice::new(key, label))
            .collect(),
        errors,
        view,
        form,
    };
    let above = &[(shape.title, shape.path)];
    if is_refused { request.page_with_errors(&title, above, &page) } else { request.page_below(&title, above, &page) }
}

/// The address of the form says the list: its kind of record, and everything the list's own address says.
#[derive(Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
struct Begin {
    object: Object,
    address: Address,
}

impl TryFrom<BTreeMap<String, String>> for Begin {
    type Error = String;

    fn try_from(mut parts: BTreeMap<String, String>) -> Result<Begin, String> {
        let object = parts.remove("object").and_then(|word| Object::from_word(&word)).unwrap_or(Object::Contact);
        Ok(Begin { object, address: Address::try_from(parts)? })
    }
}

fn new(request: &Request) -> Result<Reply, Error> {
    let Begin { object, address } = request.query()?;
    demand(request, object)?;
    let looker = Looker::of(request)?;
    let view = request.read(|db| address.saved_view(db, &looker))?;
    let address = absorb(address, view.as_ref())?;
    let sort = match (address.sort.as_str(), &view) {
        ("", Some(view)) => view.sort.clone(),
        (sort, _) => sort.to_owned(),
    };
    let new = NewView {
        object,
        name: String::new(),
        filter: address.tree(view.as_ref())?,
        columns: view.map(|view| view.columns).unwrap_or_default(),
        sort: if sort == "name" { String::new() } else { sort },
        sharing: Sharing::Own,
    };
    draw(request, None, Form::of(&new, 0), !address.q.is_empty(), Vec::new())
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form = Form::read(request)?;
    let object = Object::from_word(&form.object).unwrap_or(Object::Contact);
    demand(request, object)?;
    let looker = Looker::of(request)?;
    let saved = form.to_new(None).and_then(|new| request.write(|tx| service::create(tx, &new, &looker)));
    match saved {
        Ok(id) => {
            let list = request.url(shape(object).path);
            Ok(Reply::see_other(format!("{list}?view={id}")).toast("view-saved"))
        }
        Err(Error::Invalid(errors)) => draw(request, None, form, false, errors),
        Err(error) => Err(error),
    }
}

/// The view of the address, for those who may change it.
fn find(request: &Request) -> Result<(SavedView, Looker), Error> {
    let id: ViewId = request.param("id")?;
    let looker = Looker::of(request)?;
    let view = request.read(|db| service::get(db, id, &looker))?;
    demand(request, view.object)?;
    if looker.may_change(&view) { Ok((view, looker)) } else { Err(Error::NotFound("view")) }
}

fn edit(request: &Request) -> Result<Reply, Error> {
    let (view, _) = find(request)?;
    let form = Form::of(&NewView::of(&view), view.version);
    draw(request, Some(view), form, false, Vec::new())
}

fn save(request: &Request) -> Result<Reply, Error> {
    let (view, looker) = find(request)?;
    let mut form = Form::read(request)?;
    form.object = view.object.word().to_owned();
    form.filter = json::text(&view.filter);
    let saved = form
        .to_new(Some(&view))
        .and_then(|new| request.write(|tx| service::update(tx, view.id, form.version, &new, &looker)));
    match saved {
        Ok(()) => {
            let list = request.url(shape(view.object).path);
            Ok(Reply::see_other(format!("{list}?view={}", view.id)).toast("view-saved"))
        }
        Err(Error::Stale(version)) => {
            form.version = version;
            let message =
                "Somebody else changed this view meanwhile. Look at it, then save again to put yours in its place.";
            draw(request, Some(view), form, false, vec![FieldError::new("", "stale", message)])
        }
        Err(Error::Invalid(errors)) => draw(request, Some(view), form, false, errors),
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "people/views/delete.html")]
struct Delete {
    view: SavedView,
    path: String,
    many: &'static str,
}

fn ask_delete(request: &Request) -> Result<Reply, Error> {
    let (view, _) = find(request)?;
    let shape = shape(view.object);
    let page = Delete { path: request.url(&format!("{PATH}/{}", view.id)), many: shape.many, view };
    request.page_below(
        "Delete",
        &[(shape.title, shape.path), (&page.view.name, &format!("{PATH}/{}", page.view.id))],
        &page,
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteForm {
    version: i64,
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let (view, looker) = find(request)?;
    let form: DeleteForm = request.form()?;
    request.write(|tx| service::delete(tx, view.id, Some(form.version), &looker))?;
    Ok(Reply::see_other(request.url(shape(view.object).path)).toast("view-deleted"))
}
