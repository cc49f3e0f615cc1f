//! `/w/{slug}/privacy/erasures`: what erasing somebody would do, doing it, and the certificates.

use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::{Erasure, Kept, OthersFile, Plan, State, jobs, plan, service};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::id::{ErasureId, HoldId};
use crate::module::record_kind;
use crate::permission::{Action, Area};
use crate::privacy::holds::{self, Hold};
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
    held: Vec<Keeps>,
    action: String,
    back: String,
    request: String,
    word: String,
    errors: Vec<FieldError>,
}

/// What one hold keeps of one table.
struct Keeps {
    label: &'static str,
    rows: i64,
    is_mention: bool,
    /// The matter, or the number for whoever may not read about holds.
    hold: String,
    /// The page of the hold, for whoever may read it.
    path: Option<String>,
    until: Option<Timestamp>,
}

impl Keeps {
    fn new(request: &Request, kept: &Kept, hold: Option<&Hold>) -> Keeps {
        let hold = hold.filter(|_| request.may(Action::Edit, Area::Privacy));
        Keeps {
            label: plan::label(request.app.modules, &kept.table),
            rows: kept.rows,
            is_mention: kept.is_mention,
            hold: hold.map_or_else(|| format!("number {}", kept.hold), |hold| format!("“{}”", hold.matter)),
            path: hold.map(|hold| request.url(&format!("/privacy/holds/{}", hold.id))),
            until: kept.until(),
        }
    }
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
    let hold = |kept: &Kept| plan.holds.iter().find(|hold| hold.id.0 == kept.hold);
    let held = plan.kept.iter().map(|kept| Keeps::new(request, kept, hold(kept))).collect();
    Ok(New {
        held,
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
    let id = request.write(|tx| service::begin(tx, &seen.person, asked))?;
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
    held: Vec<Keeps>,
    /// Records of others whose files hold a value of theirs: name and page; those that the reader may see.
    others_files: Vec<(String, String)>,
    /// Those beyond the reader's sight.
    others_unseen: usize,
    /// When each was issued, and how many rows it speaks of; the oldest first.
    certificates: Vec<(Timestamp, i64)>,
    /// The newest.
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
    let (erasure, documents) = request.read(|db| Ok((service::get(db, id)?, service::certificates(db, id)?)))?;
    let mut certificates = Vec::new();
    let mut done: Vec<(String, i64, &'static str)> = Vec::new();
    for (at, text) in &documents {
        certificates.push((*at, serde_json::from_str::<Value>(text)?["certificate"].take()));
    }
    let kept: Vec<Kept> = match erasure.state {
        State::Held => serde_json::from_str(&erasure.kept)?,
        _ => Vec::new(),
    };
    let held = request.read(|db| {
        let of = |kept: &Kept| Ok(Keeps::new(request, kept, Some(&holds::service::get(db, HoldId(kept.hold))?)));
        kept.iter().map(of).collect::<Result<Vec<_>, Error>>()
    })?;
    let others = others(request, &erasure)?;
    let label = |name: &str| {
        let tables = request.app.modules.iter().flat_map(|module| module.tables);
        tables
            .copied()
            .find(|table| table.name == name)
            .map_or_else(|| "Files".to_owned(), |table| table.label.to_owned())
    };
    let words = |done: &str| match done {
        "deleted" => "erased",
        "emptied" => "emptied of what names them",
        "destroyed" => "destroyed, since they held them too",
        "mentions_redacted" => "of others, with a mark in place of them",
        _ => "kept",
    };
    for row in certificates.iter().flat_map(|(_, certificate)| certificate["done"].as_array().into_iter().flatten()) {
        let (label, words) =
            (label(row["table"].as_str().unwrap_or_default()), words(row["done"].as_str().unwrap_or_default()));
        let rows = row["rows"].as_i64().unwrap_or(0);
        match done.iter_mut().find(|(known, _, done)| *known == label && *done == words) {
            Some((_, sum, _)) => *sum += rows,
            None => done.push((label, rows, words)),
        }
    }
    let certificate = certificates.last().map_or(Value::Null, |(_, certificate)| certificate.clone());
    let counted = |certificate: &Value| {
        let rows = certificate["done"].as_array().into_iter().flatten();
        rows.map(|row| row["rows"].as_i64().unwrap_or(0)).sum::<i64>()
    };
    let stays = certificate["stays"].as_array().into_iter().flatten();
    let stays = stays.map(|row| {
        let because = row["because"].as_str().unwrap_or_default().to_owned();
        (label(row["table"].as_str().unwrap_or_default()), because, row["days"].as_i64().unwrap_or(0))
    });
    let page = Show {
        base: request.url(PATH),
        person: request.url(&format!("/privacy/people/{}", erasure.person_id)),
        done,
        stays: stays.collect(),
        held,
        others_unseen: others.1,
        others_files: others.0,
        certificates: certificates.iter().map(|(at, certificate)| (*at, counted(certificate))).collect(),
        key: ledger::signer(&request.app)?.public_key(),
        certificate,
        erasure,
    };
    request.page_below(&format!("Erasure {id}"), ABOVE, &page)
}

/// The records of others whose files hold a value of the person, and are still there: name and page of those that the
/// reader may see, and how many there are besides.
fn others(request: &Request, erasure: &Erasure) -> Result<(Vec<(String, String)>, usize), Error> {
    let files: Vec<OthersFile> = serde_json::from_str(&erasure.others_files)?;
    let (mut seen, mut unseen) = (Vec::new(), 0);
    for file in files {
        let Some(kind) = record_kind(request.app.modules, &file.on_type) else { continue };
        let Some(found) = request.read(|db| (kind.find)(db, file.on_id))? else { continue };
        if request.reach(kind.needs.action, kind.needs.area).covers(found.owner) {
            let line = (found.name, request.url(&(kind.path)(file.on_id)));
            if !seen.contains(&line) {
                seen.push(line);
            }
        } else {
            unseen += 1;
        }
    }
    Ok((seen, unseen))
}

fn certificate(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        number: Option<usize>,
    }
    let id: ErasureId = request.param("id")?;
    let query: Query = request.query()?;
    let mut documents = request.read(|db| service::get(db, id).and_then(|_| service::certificates(db, id)))?;
    let number = query.number.unwrap_or(documents.len());
    if !(1..=documents.len()).contains(&number) {
        return Err(Error::NotFound("certificate"));
    }
    let (_, text) = documents.swap_remove(number - 1);
    let name = if number == 1 { format!("erasure-{id}.json") } else { format!("erasure-{id}-{number}.json") };
    Ok(Reply::download(&name, "application/json", Box::new(move |out| Ok(out.write_all(text.as_bytes())?))))
}
