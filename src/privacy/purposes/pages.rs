//! `/w/{slug}/privacy/purposes`: what people's data is used for, on which ground, and in which words they are asked.

use askama::Template;
use serde::Deserialize;

use super::{Basis, Channel, NewPurpose, Purpose, Wording, service};
use crate::error::{Error, FieldError};
use crate::id::PurposeId;
use crate::permission::{Action, Area};
use crate::privacy::consent;
use crate::privacy::person::tabs::{self, Tabs};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const VIEW: Access = Access::may(Action::View, Area::Privacy);
const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);
const PATH: &str = "/privacy/purposes";
const ABOVE: &[(&str, &str)] = &[("Consent", PATH)];

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/purposes", VIEW, list),
    Route::get("/w/{slug}/privacy/purposes/new", MANAGE, new),
    Route::post("/w/{slug}/privacy/purposes/new", MANAGE, create),
    Route::get("/w/{slug}/privacy/purposes/{id}", VIEW, show),
    Route::get("/w/{slug}/privacy/purposes/{id}/edit", MANAGE, edit),
    Route::post("/w/{slug}/privacy/purposes/{id}/edit", MANAGE, save),
    Route::post("/w/{slug}/privacy/purposes/{id}/archive", MANAGE, archive),
];

#[derive(Template)]
#[template(path = "privacy/purposes/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    may_manage: bool,
    /// Each with how many people said something about it.
    purposes: Vec<(Purpose, i64)>,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let purposes = request.read(|db| {
        let mut purposes = Vec::new();
        for purpose in service::all(db)? {
            let people = consent::service::count_people(db, purpose.id)?;
            purposes.push((purpose, people));
        }
        Ok(purposes)
    })?;
    let may_manage = request.may(Action::Manage, Area::Privacy);
    request.page("Consent", &List { tabs: tabs::tabs(request, PATH), base: request.url(PATH), may_manage, purposes })
}

#[derive(Template)]
#[template(path = "privacy/purposes/show.html")]
struct Show {
    purpose: Purpose,
    wordings: Vec<Wording>,
    people: i64,
    base: String,
    may_manage: bool,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: PurposeId = request.param("id")?;
    let (purpose, wordings, people) = request
        .read(|db| Ok((service::get(db, id)?, service::wordings(db, id)?, consent::service::count_people(db, id)?)))?;
    let may_manage = request.may(Action::Manage, Area::Privacy);
    let title = purpose.title.clone();
    let show = Show { purpose, wordings, people, base: request.url(PATH), may_manage };
    request.page_below(&title, ABOVE, &show)
}

#[derive(Template)]
#[template(path = "privacy/purposes/edit.html")]
struct Edit {
    /// The purpose as it is; `None` while it is being made.
    purpose: Option<Purpose>,
    form: Form,
    base: String,
    bases: Vec<Choice>,
    channels: Vec<Choice>,
    chosen: Vec<String>,
    errors: Vec<FieldError>,
}

impl Edit {
    fn new(request: &Request, purpose: Option<Purpose>, form: Form, errors: Vec<FieldError>) -> Edit {
        let bases =
            Basis::ALL.iter().map(|basis| Choice::new(basis.word(), upper(basis.label())).hint(basis.article()));
        let channels = Channel::ALL.iter().filter(|channel| **channel != Channel::None);
        Edit {
            bases: bases.collect(),
            channels: channels.map(|channel| Choice::new(channel.word(), channel.label())).collect(),
            chosen: form.channels.clone(),
            base: request.url(PATH),
            purpose,
            form,
            errors,
        }
    }
}

fn upper(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// The form, as it was typed.
#[derive(Clone, Default)]
struct Form {
    version: i64,
    key: String,
    title: String,
    description: String,
    basis: String,
    channels: Vec<String>,
    is_marketing: bool,
    double_opt_in: bool,
    assessment: String,
    wording: String,
}

impl Form {
    /// A box that is ticked is sent, one that is not is absent: so the fields are read one by one.
    fn read(request: &Request) -> Result<Form, Error> {
        let mut form = Form::default();
        for (name, value) in request.form_pairs()? {
            match name.as_str() {
                "version" => {
                    form.version =
                        value.parse().map_err(|_| Error::field("version", "wrong_type", "This must be a number."))?;
                }
                "key" => form.key = value,
                "title" => form.title = value,
                "description" => form.description = value,
                "basis" => form.basis = value,
                "channels" => form.channels.push(value),
                "marketing" => form.is_marketing = value == "true",
                "double_opt_in" => form.double_opt_in = value == "true",
                "assessment" => form.assessment = value,
                "wording" => form.wording = value,
                _ => return Err(Error::field(name, "unknown_field", "There is no such field here.")),
            }
        }
        Ok(form)
    }

    fn of(purpose: &Purpose) -> Form {
        let new = NewPurpose::of(purpose);
        Form {
            version: purpose.version,
            key: new.key,
            title: new.title,
            description: new.description,
            basis: new.basis,
            channels: new.channels,
            is_marketing: new.is_marketing,
            double_opt_in: new.double_opt_in,
            assessment: new.assessment,
            wording: new.wording,
        }
    }

    /// What was typed. Of a purpose that is there, the key is not in the form and stays.
    fn to_new(&self, before: Option<&Purpose>) -> NewPurpose {
        NewPurpose {
            key: before.map_or(&self.key, |purpose| &purpose.key).clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            basis: self.basis.clone(),
            channels: self.channels.clone(),
            is_marketing: self.is_marketing,
            double_opt_in: self.double_opt_in,
            assessment: self.assessment.clone(),
            wording: self.wording.clone(),
        }
    }
}

fn new(request: &Request) -> Result<Reply, Error> {
    let form = Form { basis: Basis::Consent.word().into(), ..Form::default() };
    request.page_below("New purpose", ABOVE, &Edit::new(request, None, form, Vec::new()))
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form = Form::read(request)?;
    match request.write(|tx| service::create(tx, request.app.modules, &form.to_new(None))) {
        Ok(id) => Ok(Reply::see_other(request.url(&format!("{PATH}/{id}"))).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("New purpose", ABOVE, &Edit::new(request, None, form, errors))
        }
        Err(error) => Err(error),
    }
}

fn find(request: &Request) -> Result<Purpose, Error> {
    let id: PurposeId = request.param("id")?;
    request.read(|db| service::get(db, id))
}

fn edit(request: &Request) -> Result<Reply, Error> {
    let purpose = find(request)?;
    let (title, form) = (purpose.title.clone(), Form::of(&purpose));
    request.page_below(&title, ABOVE, &Edit::new(request, Some(purpose), form, Vec::new()))
}

fn save(request: &Request) -> Result<Reply, Error> {
    let form = Form::read(request)?;
    let purpose = find(request)?;
    let title = purpose.title.clone();
    let new = form.to_new(Some(&purpose));
    match request.write(|tx| service::update(tx, request.app.modules, purpose.id, form.version, &new)) {
        Ok(()) => Ok(Reply::see_other(request.url(&format!("{PATH}/{}", purpose.id))).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors(&title, ABOVE, &Edit::new(request, Some(purpose), form, errors))
        }
        Err(Error::Stale(version)) => {
            let message = "Somebody changed this purpose since you opened it. Look at it in the list, then save again to keep what is here.";
            let errors = vec![FieldError::new("title", "stale", message)];
            let form = Form { version, ..form };
            Ok(request.page_below(&title, ABOVE, &Edit::new(request, Some(purpose), form, errors))?.status(409))
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchiveForm {
    version: i64,
    #[serde(default)]
    archived: bool,
}

fn archive(request: &Request) -> Result<Reply, Error> {
    let id: PurposeId = request.param("id")?;
    let form: ArchiveForm = request.form()?;
    request.write(|tx| service::set_archived(tx, id, form.version, form.archived))?;
    let word = if form.archived { "purpose-archived" } else { "restored" };
    Ok(Reply::see_other(request.url(&format!("{PATH}/{id}"))).toast(word))
}
