//! `/w/{slug}/settings/fields`: what contacts and companies hold beyond the usual.

use askama::Template;
use serde::Deserialize;

use super::{Category, CustomField, Kind, NewField, service};
use crate::error::{Error, FieldError};
use crate::id::CustomFieldId;
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::people::record::Object;
use crate::people::settings;
use crate::people::views;
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);
const PATH: &str = "/settings/fields";
const ABOVE: &[(&str, &str)] = &[("Settings", "/settings"), ("Fields", PATH)];

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/fields", MANAGE, list),
    Route::get("/w/{slug}/settings/fields/new", MANAGE, new),
    Route::post("/w/{slug}/settings/fields/new", MANAGE, create),
    Route::get("/w/{slug}/settings/fields/{id}", MANAGE, edit),
    Route::post("/w/{slug}/settings/fields/{id}", MANAGE, save),
    Route::post("/w/{slug}/settings/fields/{id}/place", MANAGE, move_by),
    Route::post("/w/{slug}/settings/fields/{id}/archive", MANAGE, archive),
    Route::get("/w/{slug}/settings/fields/{id}/delete", MANAGE, ask_delete),
    Route::post("/w/{slug}/settings/fields/{id}/delete", MANAGE, delete),
];

#[derive(Template)]
#[template(path = "people/custom_fields/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    /// Of contacts, then of companies; the fields of each with how many records have a value.
    groups: Vec<(Object, Vec<(CustomField, i64)>)>,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let groups = request.read(|db| {
        let mut groups = Vec::new();
        for object in Object::ALL {
            let mut fields = Vec::new();
            for field in service::all(db, *object)? {
                let records = service::count_records(db, field.id)?;
                fields.push((field, records));
            }
            groups.push((*object, fields));
        }
        Ok(groups)
    })?;
    let page = List { tabs: tabs(request, PATH), base: request.url(PATH), groups };
    request.page_below("Fields", &ABOVE[..1], &page)
}

#[derive(Template)]
#[template(path = "people/custom_fields/edit.html")]
struct Edit {
    /// The field as it is; `None` while it is being made.
    field: Option<CustomField>,
    form: FieldForm,
    back: String,
    base: String,
    objects: Vec<Choice>,
    targets: Vec<Choice>,
    kinds: Vec<Choice>,
    categories: Vec<Choice>,
    personal: Vec<Choice>,
    errors: Vec<FieldError>,
}

impl Edit {
    fn new(request: &Request, field: Option<CustomField>, form: FieldForm, errors: Vec<FieldError>) -> Edit {
        let base = request.url(PATH);
        let none = |label: &str| Choice::new("", label);
        let categories = Category::ALL.iter().filter(|category| **category != Category::None);
        Edit {
            objects: vec![Choice::new("contact", "Contacts"), Choice::new("company", "Companies")],
            targets: vec![none("Choose"), Choice::new("contact", "A contact"), Choice::new("company", "A company")],
            kinds: Kind::ALL.iter().map(|kind| Choice::new(kind.word(), kind.label())).collect(),
            categories: std::iter::once(none("Choose"))
                .chain(categories.map(|category| Choice::new(category.word(), category.label())))
                .collect(),
            personal: vec![
                Choice::new("yes", "Yes")
                    .hint("It says something about a person, and the data map names it with its kind."),
                Choice::new("no", "No").hint("It says nothing about a person, such as a number of seats."),
            ],
            back: base.clone(),
            base,
            field,
            form,
            errors,
        }
    }
}

/// The form, as it was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FieldForm {
    version: i64,
    object: String,
    key: String,
    label: String,
    hint: String,
    kind: String,
    required: bool,
    default_value: String,
    is_personal: String,
    category: String,
    currency: String,
    target: String,
    /// One on a line.
    choices: String,
}

impl FieldForm {
    fn of(field: &CustomField) -> FieldForm {
        let new = NewField::of(field);
        FieldForm {
            version: field.version,
            object: new.object,
            key: new.key,
            label: new.label,
            hint: new.hint,
            kind: new.kind,
            required: new.is_required,
            default_value: new.default_value,
            is_personal: new.is_personal,
            category: new.category,
            currency: new.currency,
            target: new.target,
            choices: new.choices.join("\n"),
        }
    }

    /// What was typed. Of a field that is there, the fixed parts are not in the form and stay.
    fn to_new(&self, before: Option<&CustomField>) -> NewField {
        let fixed = before.map(NewField::of);
        let fixed = fixed.as_ref();
        NewField {
            object: fixed.map_or(&self.object, |fixed| &fixed.object).clone(),
            key: fixed.map_or(&self.key, |fixed| &fixed.key).clone(),
            kind: fixed.map_or(&self.kind, |fixed| &fixed.kind).clone(),
            target: fixed.map_or(&self.target, |fixed| &fixed.target).clone(),
            label: self.label.clone(),
            hint: self.hint.clone(),
            is_required: self.required,
            default_value: self.default_value.clone(),
            is_personal: self.is_personal.clone(),
            category: if self.is_personal == "no" { String::new() } else { self.category.clone() },
            currency: self.currency.clone(),
            choices: self.choices.lines().map(str::to_owned).collect(),
        }
    }
}

/// What the address of the empty form may say: the kind of record.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Begin {
    object: String,
}

fn new(request: &Request) -> Result<Reply, Error> {
    let begin: Begin = request.query()?;
    let object = Object::from_word(&begin.object).unwrap_or(Object::Contact);
    let form = FieldForm { object: object.word().into(), kind: Kind::Text.word().into(), ..FieldForm::default() };
    request.page_below("New field", ABOVE, &Edit::new(request, None, form, Vec::new()))
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: FieldForm = request.form()?;
    let saved = request.write(|tx| {
        let country = settings::service::default_country(tx)?;
        service::create(tx, &form.to_new(None), &country)
    });
    match saved {
        Ok(_) => Ok(Reply::see_other(request.url(PATH)).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("New field", ABOVE, &Edit::new(request, None, form, errors))
        }
        Err(error) => Err(error),
    }
}

fn find(request: &Request) -> Result<CustomField, Error> {
    let id: CustomFieldId = request.param("id")?;
    request.read(|db| service::get(db, id))
}

fn edit(request: &Request) -> Result<Reply, Error> {
    let field = find(request)?;
    let title = field.label.clone();
    let form = FieldForm::of(&field);
    request.page_below(&title, ABOVE, &Edit::new(request, Some(field), form, Vec::new()))
}

fn save(request: &Request) -> Result<Reply, Error> {
    let form: FieldForm = request.form()?;
    let field = find(request)?;
    let saved = request.write(|tx| {
        let country = settings::service::default_country(tx)?;
        service::update(tx, field.id, form.version, &form.to_new(Some(&field)), &country)
    });
    match saved {
        Ok(()) => Ok(Reply::see_other(request.url(PATH)).toast("saved")),
        Err(Error::Invalid(errors)) => {
            let title = field.label.clone();
            request.page_with_errors(&title, ABOVE, &Edit::new(request, Some(field), form, errors))
        }
        Err(Error::Stale(version)) => {
            let message = "Somebody changed this field since you opened it. Look at it in the list, then save again to keep what is here.";
            let errors = vec![FieldError::new("label", "stale", message)];
            let title = field.label.clone();
            let form = FieldForm { version, ..form };
            Ok(request.page_below(&title, ABOVE, &Edit::new(request, Some(field), form, errors))?.status(409))
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceForm {
    /// `up` or `down`.
    to: String,
}

fn move_by(request: &Request) -> Result<Reply, Error> {
    let id: CustomFieldId = request.param("id")?;
    let form: PlaceForm = request.form()?;
    request.write(|tx| service::move_by(tx, id, if form.to == "up" { -1 } else { 1 }))?;
    Ok(Reply::see_other(request.url(PATH)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchiveForm {
    version: i64,
    #[serde(default)]
    archived: bool,
}

fn archive(request: &Request) -> Result<Reply, Error> {
    let id: CustomFieldId = request.param("id")?;
    let form: ArchiveForm = request.form()?;
    request.write(|tx| service::set_archived(tx, id, form.version, form.archived))?;
    let word = if form.archived { "field-archived" } else { "field-restored" };
    Ok(Reply::see_other(request.url(PATH)).toast(word))
}

#[derive(Template)]
#[template(path = "people/custom_fields/delete.html")]
struct Delete {
    field: CustomField,
    records: i64,
    /// Views that ask for it or show it.
    views: views::Using,
    back: String,
}

fn ask_delete(request: &Request) -> Result<Reply, Error> {
    let field = find(request)?;
    let (records, views) = request.read(|db| {
        Ok((service::count_records(db, field.id)?, views::service::that_use(db, field.object, &field.key)?))
    })?;
    let page = Delete { field, records, views, back: request.url(PATH) };
    request.page_below("Delete", ABOVE, &page)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteForm {
    version: i64,
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let id: CustomFieldId = request.param("id")?;
    let form: DeleteForm = request.form()?;
    request.write(|tx| service::delete(tx, id, Some(form.version)))?;
    Ok(Reply::see_other(request.url(PATH)).toast("deleted-for-good"))
}
