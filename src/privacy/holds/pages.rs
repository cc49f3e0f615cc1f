//! `/w/{slug}/privacy/holds`: what must stay, why, until when, and the way to let it go.

use askama::Template;
use serde::Deserialize;

use super::{Hold, NewHold, Scope, service};
use crate::error::{Error, FieldError};
use crate::id::HoldId;
use crate::members::directory::directory;
use crate::permission::{Action, Area};
use crate::privacy::data_map::Table;
use crate::privacy::retention::calendar_day_end;
use crate::privacy::retention::tabs::{self, Tabs};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

/// Whoever reads the registers only does not learn who is held for what.
const EDIT: Access = Access::may(Action::Edit, Area::Privacy);
const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);
const PATH: &str = "/privacy/holds";
const ABOVE: &[(&str, &str)] = &[("Retention", "/privacy/retention"), ("Legal holds", PATH)];
const SHOWN: i64 = 100;

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/holds", EDIT, list),
    Route::get("/w/{slug}/privacy/holds/new", MANAGE, new),
    Route::post("/w/{slug}/privacy/holds/new", MANAGE, create),
    Route::get("/w/{slug}/privacy/holds/{id}", EDIT, show),
    Route::post("/w/{slug}/privacy/holds/{id}/release", MANAGE, release),
];

#[derive(Template)]
#[template(path = "privacy/holds/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    may_manage: bool,
    is_ended: bool,
    rows: Vec<(Hold, String)>,
    older: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    ended: bool,
    before: Option<i64>,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let most = usize::try_from(SHOWN).unwrap_or(0);
    let mut rows = request.read(|db| {
        let found = service::list(db, Some(!query.ended), query.before, SHOWN + 1)?;
        let named = found.into_iter().map(|hold| {
            let target = service::target(db, request.app.modules, &hold)?;
            Ok((hold, target))
        });
        named.collect::<Result<Vec<_>, Error>>()
    })?;
    let has_more = rows.len() > most;
    rows.truncate(most);
    let last = rows.last().filter(|_| has_more).map(|(hold, _)| hold.id);
    let page = List {
        tabs: tabs::tabs(request, PATH),
        base: request.url(PATH),
        may_manage: request.may(Action::Manage, Area::Privacy),
        is_ended: query.ended,
        older: last.map(|id| request.url(&format!("{PATH}?ended={}&before={id}", query.ended))),
        rows,
    };
    request.page_below("Legal holds", &ABOVE[..1], &page)
}

#[derive(Template)]
#[template(path = "privacy/holds/new.html")]
struct New {
    form: HoldForm,
    scopes: Vec<Choice>,
    kinds: Vec<Choice>,
    categories: Vec<Choice>,
    back: String,
    errors: Vec<FieldError>,
}

/// The form, as it was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HoldForm {
    scope: String,
    on_type: String,
    on_id: String,
    category: String,
    matter: String,
    reason: String,
    told: String,
    ends_on: String,
    /// A contact whose page led here.
    person: Option<i64>,
}

fn page(request: &Request, form: HoldForm, errors: Vec<FieldError>) -> New {
    let modules = request.app.modules;
    let records = modules.iter().flat_map(|module| module.records);
    let rows = service::categories(modules).filter(|table| table.columns.iter().any(|column| column.name == "id"));
    let mut kinds: Vec<Choice> = Vec::new();
    for (word, label) in records.map(|kind| (kind.word, kind.one)).chain(rows.map(|t| (t.name, t.label))) {
        if !kinds.iter().any(|known| known.value == word) {
            kinds.push(Choice::new(word, capital(label)));
        }
    }
    New {
        scopes: Scope::ALL.iter().map(|scope| Choice::new(scope.word(), scope.label()).hint(scope.hint())).collect(),
        kinds,
        categories: service::categories(modules).map(|table| Choice::new(table.name, table.label)).collect(),
        back: request.url(PATH),
        form,
        errors,
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn new(request: &Request) -> Result<Reply, Error> {
    let asked: HoldForm = request.query()?;
    let form = match asked.person {
        Some(id) => HoldForm { scope: "person".into(), on_type: "contact".into(), on_id: id.to_string(), ..asked },
        None if asked.scope.is_empty() => HoldForm { scope: "person".into(), on_type: "contact".into(), ..asked },
        None => asked,
    };
    request.page_below("New hold", ABOVE, &page(request, form, Vec::new()))
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: HoldForm = request.form()?;
    let read = |form: &HoldForm| -> Result<NewHold, Error> {
        let ends_at = match form.ends_on.as_str() {
            "" => None,
            day => Some(
                calendar_day_end(day)
                    .ok_or_else(|| Error::field("ends_on", "no_day", "Choose a day, or leave it empty."))?,
            ),
        };
        Ok(NewHold {
            scope: form.scope.clone(),
            on_type: form.on_type.clone(),
            on_id: form.on_id.trim().parse().ok(),
            category: form.category.clone(),
            matter: form.matter.clone(),
            reason: form.reason.clone(),
            told: form.told.clone(),
            ends_at,
        })
    };
    let placed = read(&form).and_then(|new| request.write(|tx| service::place(tx, request.app.modules, new)));
    match placed {
        Ok(id) => Ok(Reply::see_other(request.url(&format!("{PATH}/{id}"))).toast("hold-placed")),
        Err(Error::Invalid(mut errors)) => {
            for error in errors.iter_mut().filter(|error| error.field == "ends_at") {
                error.field = "ends_on".into();
            }
            request.page_with_errors("New hold", ABOVE, &page(request, form, errors))
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "privacy/holds/show.html")]
struct Show {
    hold: Hold,
    target: String,
    placed_by: String,
    released_by: String,
    is_in_force: bool,
    may_manage: bool,
    coverage: Vec<(&'static Table, i64)>,
    /// Of a hold on everything: what is kept beside the workspace and goes all the same, and when.
    outside: Vec<(&'static str, String)>,
    action: String,
    /// The reason of a release, as it was typed.
    reason: String,
    errors: Vec<FieldError>,
}

fn hold_page(request: &Request, id: HoldId, reason: String, errors: Vec<FieldError>) -> Result<Show, Error> {
    let modules = request.app.modules;
    let names = directory(&request.app, request.member()?.workspace_id())?;
    let (hold, target, coverage) = request.read(|db| {
        let hold = service::get(db, id)?;
        let coverage = if hold.is_in_force(db.now) { service::coverage(db, modules, &hold)? } else { Vec::new() };
        Ok((hold.clone(), service::target(db, modules, &hold)?, coverage))
    })?;
    let name = |member: Option<crate::id::MemberId>| member.map(|id| names.name(id).to_owned()).unwrap_or_default();
    Ok(Show {
        placed_by: name(hold.placed_by),
        released_by: name(hold.released_by),
        is_in_force: hold.is_in_force(request.now()),
        may_manage: request.may(Action::Manage, Area::Privacy),
        action: request.url(&format!("{PATH}/{id}/release")),
        outside: if hold.scope == Scope::Workspace { service::outside(modules) } else { Vec::new() },
        hold,
        target,
        coverage,
        reason,
        errors,
    })
}

fn show(request: &Request) -> Result<Reply, Error> {
    let page = hold_page(request, request.param("id")?, String::new(), Vec::new())?;
    let title = page.hold.matter.clone();
    request.page_below(&title, ABOVE, &page)
}

/// What a hold kept back goes on at once: erasures that waited, and the rules.
pub(super) fn go_on(request: &Request) -> Result<(), Error> {
    let workspace = Some(request.member()?.workspace_id());
    crate::jobs::ask(&request.app, &crate::privacy::erasure::jobs::FINISH, workspace)?;
    crate::jobs::ask(&request.app, &crate::privacy::retention::jobs::RUN, workspace)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseForm {
    version: i64,
    #[serde(default)]
    reason: String,
}

fn release(request: &Request) -> Result<Reply, Error> {
    let id: HoldId = request.param("id")?;
    request.read(|db| service::get(db, id))?;
    let form: ReleaseForm = request.form()?;
    match request.write(|tx| service::release(tx, id, Some(form.version), &form.reason)) {
        Ok(_) => {
            go_on(request)?;
            Ok(Reply::see_other(request.url(&format!("{PATH}/{id}"))).toast("hold-released"))
        }
        Err(Error::Invalid(errors)) => {
            let page = hold_page(request, id, form.reason, errors)?;
            let title = page.hold.matter.clone();
            request.page_with_errors(&title, ABOVE, &page)
        }
        Err(error) => Err(error),
    }
}
