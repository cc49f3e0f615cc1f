//! `/account/privacy`, `/account/data`, `/account/delete`: one's own data.

use askama::Template;
use serde::Deserialize;
use serde_json::json;

use super::{ACCOUNT, service};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::members::accounts::{self, Account};
use crate::members::sign_in::{again, door};
use crate::privacy::access_package::gather::{Held, Item, gather};
use crate::privacy::access_package::html::lines;
use crate::privacy::audit::{self, Event};
use crate::privacy::subject::Person;
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/account/privacy", Access::Account, show),
    Route::post("/account/privacy", Access::Account, save),
    Route::get("/account/data", Access::Account, data),
    Route::post("/account/data", Access::Account, download).step_up(),
    Route::get("/account/delete", Access::Account, ask).step_up(),
    Route::post("/account/delete", Access::Account, delete).step_up(),
];

const ABOVE: &[(&str, &str)] = &[("Privacy", "/account/privacy")];

fn account(request: &Request) -> Result<Account, Error> {
    let id = request.signed()?.account;
    request.read_control(|db| accounts::find(db, id))
}

#[derive(Template)]
#[template(path = "members/own_data/privacy.html")]
struct Privacy {
    counted: bool,
    /// The browser asks not to be tracked, so nothing is counted whatever stands here.
    browser_says_no: bool,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id = request.signed()?.account;
    let counted = request.read_control(|db| service::usage_counted(db, id))?;
    request.page("Privacy", &Privacy { counted, browser_says_no: request.head.asks_not_to_be_tracked() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivacyForm {
    #[serde(default)]
    usage: bool,
}

fn save(request: &Request) -> Result<Reply, Error> {
    let PrivacyForm { usage } = request.form()?;
    let id = request.signed()?.account;
    if !usage {
        request.app.usage.forget(id);
    }
    request.write_control(|tx| service::set_usage_counted(tx, id, usage))?;
    Ok(Reply::see_other("/account/privacy").toast("saved"))
}

/// Everything that is held of the account.
fn held(request: &Request) -> Result<Held, Error> {
    let id = request.signed()?.account;
    request.read_control(|db| gather(db, request.app.modules, &Person::of(db, &ACCOUNT, id.0)?, &Default::default()))
}

#[derive(Template)]
#[template(path = "members/own_data/data.html")]
struct Data {
    sections: Vec<Section>,
}

struct Section {
    label: &'static str,
    purpose: &'static str,
    items: Vec<Shown>,
}

struct Shown {
    lines: Vec<(String, String)>,
    goes: String,
    goes_at: Option<Timestamp>,
}

fn data(request: &Request) -> Result<Reply, Error> {
    let shown = |item: &Item| Shown { lines: lines(item), goes: item.goes.clone(), goes_at: item.goes_at };
    let sections = held(request)?.sections.into_iter().map(|section| Section {
        label: section.table.label,
        purpose: section.table.purpose,
        items: section.items.iter().map(shown).collect(),
    });
    request.page_below("What is held about you", ABOVE, &Data { sections: sections.collect() })
}

/// The same as a file that programs read. Recorded before it leaves.
fn download(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let id = request.signed()?.account;
    let held = held(request)?;
    let tables: serde_json::Map<String, serde_json::Value> = held
        .sections
        .iter()
        .map(|section| {
            let items = section.items.iter().map(|item| {
                let values = item.values.iter().map(|value| (value.key.to_owned(), value.json.clone()));
                serde_json::Value::Object(values.collect())
            });
            let purpose = section.table.purpose;
            let items: Vec<_> = items.collect();
            (section.table.name.to_owned(), json!({ "label": section.table.label, "purpose": purpose, "items": items }))
        })
        .collect();
    let made_at = request.now().rfc3339();
    let file = json!({ "format": "holdfast-account", "version": 1, "made_at": made_at, "tables": tables });
    request.write_control(|tx| {
        audit::record(tx, Event::new("members.account.exported").on("account", id).detail("items", held.items()))
    })?;
    let text = serde_json::to_vec_pretty(&file)?;
    Ok(Reply::download(
        "my-account.json",
        "application/json; charset=utf-8",
        Box::new(move |out| Ok(out.write_all(&text)?)),
    ))
}

#[derive(Template)]
#[template(path = "members/own_data/delete.html")]
struct Delete {
    email: String,
    /// What must be done first; empty when nothing stands in the way.
    obstacles: Vec<String>,
    confirm: String,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "members/own_data/deleted.html")]
struct Deleted {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteForm {
    #[serde(default)]
    confirm: String,
}

fn ask(request: &Request) -> Result<Reply, Error> {
    let account = account(request)?;
    let obstacles = request.read_control(|db| service::obstacles(db, &account))?;
    let page = Delete { email: account.email, obstacles, confirm: String::new(), errors: Vec::new() };
    request.page_below("Delete your account", ABOVE, &page)
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let DeleteForm { confirm } = request.form()?;
    let account = account(request)?;
    let obstacles = request.read_control(|db| service::obstacles(db, &account))?;
    let is_meant = confirm.trim().eq_ignore_ascii_case(&account.email);
    if !is_meant || !obstacles.is_empty() {
        let error = match obstacles.first() {
            Some(obstacle) => Error::field("confirm", "in_the_way", obstacle.clone()),
            None => Error::field("confirm", "not_the_address", "Type your email address, to show that you mean it."),
        };
        let email = account.email;
        return again(request, "Delete your account", error, |errors| Delete { email, obstacles, confirm, errors });
    }
    service::delete(&request.app, &request.origin(), &account)?;
    door(request, "Your account is deleted", &Deleted {})
}
