//! `/w/{slug}/privacy/erasures`: what erasing somebody would do, doing it, and the certificates.

use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::{Erasure, Plan, State, jobs, service};
use crate::error::{Error, FieldError};
use crate::id::ErasureId;
use crate::permission::{Action, Area};
use crate::privacy::ledger;
use crate::privacy::person::{Seen, seen};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

const VIEW: Access = Access::may(Action::View, Area::Privacy);
const DELETE: Access = Access::may(Action::Delete, Area::Privacy);
const PATH: &str = "/privacy/erasures";
const ABOVE: &[(&str, &str)] = &[("Erasures", PATH)];
/// What is typed before it happens.
const WORD: &str = "erase";
/// Rows of a page.
const SHOWN: i64 = 100;

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/erasures", VIEW, list),
    Route::get("/w/{slug}/privacy/erasures/new", DELETE, new).step_up(),
    Route::post("/w/{slug}/privacy/erasures/new", DELETE, create).step_up(),
    Route::get("/w/{slug}/privacy/erasures/{id}", VIEW, show),
    Route::get("/w/{slug}/privacy/erasures/{id}/certificate", VIEW, certificate),
];

#[derive(Template)]
#[template(path = "privacy/erasure/list.html")]
struct List {
    base: String,
    erasures: Vec<Erasure>,
    older: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    before: Option<i64>,
    #[serde(rename = "done")]
    _done: String,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: ListQuery = request.query()?;
    let mut erasures = request.read(|db| service::list(db, query.before.map(ErasureId), SHOWN + 1))?;
    let has_more = i64::try_from(erasures.len()).unwrap_or(0) > SHOWN;
    erasures.truncate(usize::try_from(SHOWN).unwrap_or(0));
    let last = erasures.last().filter(|_| has_more);
    let older = last.map(|last| request.url(&format!("{PATH}?before={}", last.id)));
    request.page("Erasures", &List { base: request.url(PATH), erasures, older })
}

#[derive(Template)]
#[template(path = "privacy/erasure/new.html")]
struct New {
    person: i64,
    name: String,
    plan: Plan,
    action: String,
    back: String,
    request: String,
    word: String,
    errors: Vec<FieldError>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct NewQuery {
    person: i64,
    request: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct NewForm {
    person: i64,
    request: String,
    word: String,
}

fn new_page(request: &Request, seen: Seen, form: NewForm, errors: Vec<FieldError>) -> Result<New, Error> {
    let plan = service::plan(&request.app, &request.member()?.workspace, &seen.person)?;
    Ok(New {
        person: seen.person.id(),
        back: request.url(&seen.privacy_path()),
        name: seen.name,
        plan,
        action: request.url(&format!("{PATH}/new")),
        request: form.request,
        word: form.word,
        errors,
    })
}

fn new(request: &Request) -> Result<Reply, Error> {
    let query: NewQuery = request.query()?;
    let seen = seen(request, "contact", query.person)?;
    let asked = query.request.map(|id| id.to_string()).unwrap_or_default();
    let form = NewForm { person: query.person, request: asked, word: String::new() };
    request.page_below("Erase a person", ABOVE, &new_page(request, seen, form, Vec::new())?)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: NewForm = request.form()?;
    let seen = seen(request, "contact", form.person)?;
    if form.word.trim().to_lowercase() != WORD {
        let errors =
            vec![FieldError::new("word", "confirm", "Type the word erase, so that this does not happen by a slip.")];
        let page = new_page(request, seen, form, errors)?;
        return request.page_with_errors("Erase a person", ABOVE, &page);
    }
    let asked = form.request.parse().ok();
    let id = request.write(|tx| service::begin(tx, request.app.modules, &seen.person, asked))?;
    crate::jobs::ask(&request.app, &jobs::FINISH, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url(&format!("{PATH}/{id}"))))
}

#[derive(Template)]
#[template(path = "privacy/erasure/show.html")]
struct Show {
    erasure: Erasure,
    base: String,
    person: String,
    done: Vec<(String, i64, &'static str)>,
    stays: Vec<(String, String, i64)>,
    certificate: Value,
    key: String,
}

impl Show {
    fn number(&self, place: &str) -> i64 {
        self.certificate["scan"][place].as_i64().unwrap_or(0)
    }

    fn is_clean(&self) -> bool {
        self.certificate["scan"]["clean"].as_bool().unwrap_or(false)
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: ErasureId = request.param("id")?;
    let erasure = request.read(|db| service::get(db, id))?;
    let document: Value = match &erasure.certificate {
        Some(text) => serde_json::from_str(text)?,
        None => Value::Null,
    };
    let certificate = document["certificate"].clone();
    let label = |name: &str| {
        let tables = request.app.modules.iter().flat_map(|module| module.tables);
        tables
            .copied()
            .find(|table| table.name == name)
            .map_or_else(|| "Files".to_owned(), |table| table.label.to_owned())
    };
    let counts: Value = serde_json::from_str(&erasure.counts).unwrap_or_default();
    let words = |done: &str| match done {
        "deleted" => "erased",
        "emptied" => "emptied of what names them",
        "mentions_redacted" => "of others, with a mark in place of them",
        _ => "kept",
    };
    let rows = |rows: &Value| -> Vec<(String, i64, &'static str)> {
        let rows = rows.as_array().into_iter().flatten();
        rows.map(|row| {
            let done = row["done"].as_str().unwrap_or_default();
            (label(row["table"].as_str().unwrap_or_default()), row["rows"].as_i64().unwrap_or(0), words(done))
        })
        .collect()
    };
    let stays = certificate["stays"].as_array().into_iter().flatten();
    let stays = stays.map(|row| {
        let because = row["because"].as_str().unwrap_or_default().to_owned();
        (label(row["table"].as_str().unwrap_or_default()), because, row["days"].as_i64().unwrap_or(0))
    });
    let page = Show {
        base: request.url(PATH),
        person: request.url(&format!("/privacy/people/{}", erasure.person_id)),
        done: rows(&counts),
        stays: stays.collect(),
        key: ledger::signer(&request.app)?.public_key(),
        certificate,
        erasure,
    };
    request.page_below(&format!("Erasure {id}"), ABOVE, &page)
}

fn certificate(request: &Request) -> Result<Reply, Error> {
    let id: ErasureId = request.param("id")?;
    let erasure = request.read(|db| service::get(db, id))?;
    let text = erasure.certificate.ok_or(Error::NotFound("certificate"))?;
    let name = format!("erasure-{id}.json");
    Ok(Reply::download(&name, "application/json", Box::new(move |out| Ok(out.write_all(text.as_bytes())?))))
}
