//! `/w/{slug}/privacy/confirmations`: the words of the mail in each language; and asking somebody once more.

use askama::Template;
use serde::Deserialize;

use super::words::{self, FALLBACK, VARIABLES};
use super::{jobs, service};
use crate::error::{Error, FieldError};
use crate::jobs as machinery;
use crate::permission::{Action, Area};
use crate::privacy::person::of_page;
use crate::privacy::person::tabs::{self, Tabs};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

const EDIT: Access = Access::may(Action::Edit, Area::Privacy);
const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);
pub const PATH: &str = "/privacy/confirmations";
const ABOVE: [(&str, &str); 2] = [("Consent", "/privacy/purposes"), ("Confirmation mail", PATH)];

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/confirmations", MANAGE, list),
    Route::post("/w/{slug}/privacy/confirmations", MANAGE, add),
    Route::get("/w/{slug}/privacy/confirmations/{language}", MANAGE, edit),
    Route::post("/w/{slug}/privacy/confirmations/{language}", MANAGE, save),
    Route::post("/w/{slug}/privacy/confirmations/{language}/withdraw", MANAGE, withdraw),
    Route::post("/w/{slug}/privacy/people/{id}/confirmation", EDIT, ask_again),
];

#[derive(Template)]
#[template(path = "privacy/consent/languages.html")]
struct List {
    tabs: Tabs,
    base: String,
    /// Each with its subject line.
    languages: Vec<(String, String)>,
    language: String,
    errors: Vec<FieldError>,
}

fn list_page(request: &Request, language: String, errors: Vec<FieldError>) -> Result<Reply, Error> {
    let languages = request.read(|db| {
        let mut languages = Vec::new();
        for tag in words::offered(db)? {
            let title = words::of(db, &tag)?.map(|words| words.title).unwrap_or_default();
            languages.push((tag, title));
        }
        Ok(languages)
    })?;
    let is_rejected = !errors.is_empty();
    let page = List { tabs: tabs::tabs(request, PATH), base: request.url(PATH), languages, language, errors };
    match is_rejected {
        true => request.page_with_errors("Confirmation mail", &ABOVE[..1], &page),
        false => request.page_below("Confirmation mail", &ABOVE[..1], &page),
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    list_page(request, String::new(), Vec::new())
}

/// Leads to the form of a language; nothing is offered before its words are written.
fn add(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[serde(default)]
        language: String,
    }
    let form: Form = request.form()?;
    match words::tag(&form.language) {
        Some(tag) => Ok(Reply::see_other(request.url(&format!("{PATH}/{tag}")))),
        None => {
            let message = "Enter a language as its code, like de or pt-BR.";
            list_page(request, form.language, vec![FieldError::new("language", "unknown_language", message)])
        }
    }
}

#[derive(Template)]
#[template(path = "privacy/consent/words.html")]
struct Edit {
    language: String,
    action: String,
    back: String,
    title: String,
    body: String,
    is_offered: bool,
    is_fallback: bool,
    variables: &'static [(&'static str, &'static str)],
    errors: Vec<FieldError>,
}

/// The language of the address.
fn language(request: &Request) -> Result<String, Error> {
    let text: String = request.param("language")?;
    words::tag(&text).filter(|tag| *tag == text).ok_or(Error::NotFound("language"))
}

fn edit_page(request: &Request, typed: Option<Form>, errors: Vec<FieldError>) -> Result<Reply, Error> {
    let language = language(request)?;
    let (offered, best) = request.read(|db| Ok((words::of(db, &language)?, words::best(db, &language)?)))?;
    let is_offered = offered.is_some();
    let kept = offered.unwrap_or(best);
    let Form { title, body } = typed.unwrap_or(Form { title: kept.title, body: kept.body });
    let is_rejected = !errors.is_empty();
    let page = Edit {
        action: request.url(&format!("{PATH}/{language}")),
        back: request.url(PATH),
        title,
        body,
        is_offered,
        is_fallback: language == FALLBACK,
        variables: VARIABLES,
        language,
        errors,
    };
    match is_rejected {
        true => request.page_with_errors(&page.language, &ABOVE, &page),
        false => request.page_below(&page.language, &ABOVE, &page),
    }
}

fn edit(request: &Request) -> Result<Reply, Error> {
    edit_page(request, None, Vec::new())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

fn save(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let language = language(request)?;
    match request.write(|tx| words::change(tx, &language, &form.title, &form.body)) {
        Ok(()) => Ok(Reply::see_other(request.url(PATH)).toast("saved")),
        Err(Error::Invalid(errors)) => edit_page(request, Some(form), errors),
        Err(error) => Err(error),
    }
}

fn withdraw(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let language = language(request)?;
    request.write(|tx| words::withdraw(tx, &language))?;
    Ok(Reply::see_other(request.url(PATH)).toast("saved"))
}

fn ask_again(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        purpose: String,
    }
    let form: Form = request.form()?;
    let seen = of_page(request)?;
    request.write(|tx| service::ask_again(tx, &seen.person, &form.purpose))?;
    machinery::ask(&request.app, &jobs::ASK, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url(&seen.privacy_path())).toast("confirmation-asked"))
}
