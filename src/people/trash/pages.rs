//! `/w/{slug}/people/trash`: deleted records, and the way back.

use askama::Template;

use super::{Trashed, service};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::id::TrashId;
use crate::people::asker;
use crate::people::record::Object;
use crate::permission::Action;
use crate::visitor::Reach;
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

/// Whose deleted records a member sees hangs on whose they may delete; the handlers ask.
pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/trash", Access::Member, list),
    Route::post("/w/{slug}/people/trash/{id}/restore", Access::Member, restore),
    Route::get("/w/{slug}/people/trash/{id}/delete", Access::Member, ask),
    Route::post("/w/{slug}/people/trash/{id}/delete", Access::Member, discard),
];

const SHOWN: i64 = 200;

#[derive(Template)]
#[template(path = "people/trash/list.html")]
struct List {
    base: String,
    days: i64,
    records: Vec<Line>,
    errors: Vec<FieldError>,
}

struct Line {
    trashed: Trashed,
    by: String,
    /// When it goes.
    until: Timestamp,
}

fn list(request: &Request) -> Result<Reply, Error> {
    request.page("Trash", &page(request, Vec::new())?)
}

fn page(request: &Request, errors: Vec<FieldError>) -> Result<List, Error> {
    let directory = asker::directory(request)?;
    let reaches: Vec<(Object, Reach)> =
        Object::ALL.iter().map(|object| (*object, request.reach(Action::Delete, object.area()))).collect();
    let (days, mut found) = request.read(|db| {
        let mut found = Vec::new();
        for (object, reach) in reaches.iter().filter(|(_, reach)| !matches!(reach, Reach::Nothing)) {
            found.extend(service::list(db, *object, reach, None, SHOWN)?);
        }
        Ok((service::days(db)?, found))
    })?;
    found.sort_by_key(|trashed| std::cmp::Reverse(trashed.deleted_at));
    let line = |trashed: Trashed| Line {
        by: trashed.deleted_by.map(|member| directory.name(member).to_owned()).unwrap_or_default(),
        until: trashed.deleted_at.plus(days * Timestamp::DAY),
        trashed,
    };
    Ok(List { base: request.url("/people/trash"), days, records: found.into_iter().map(line).collect(), errors })
}

/// The record of the address, within what the member may delete.
fn find(request: &Request) -> Result<Trashed, Error> {
    let id: TrashId = request.param("id")?;
    let trashed = request.read(|db| service::get(db, id))?;
    if request.reach(Action::Delete, trashed.record.area()).covers(trashed.owner) {
        Ok(trashed)
    } else {
        Err(Error::NotFound("record"))
    }
}

fn restore(request: &Request) -> Result<Reply, Error> {
    let trashed = find(request)?;
    let access = asker::access(request, trashed.record.area());
    match request.write(|tx| service::restore(tx, trashed.id, &access)) {
        Ok(record) => Ok(Reply::see_other(request.url(&record.path())).toast("restored")),
        Err(Error::Invalid(errors)) => request.page_with_errors("Trash", &[], &page(request, errors)?),
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "people/trash/delete.html")]
struct Delete {
    name: String,
    action: String,
    back: String,
}

fn ask(request: &Request) -> Result<Reply, Error> {
    let trashed = find(request)?;
    let back = request.url("/people/trash");
    let page = Delete { action: format!("{back}/{}/delete", trashed.id), name: trashed.name, back };
    request.page_below("Delete for good", &[("Trash", "/people/trash")], &page)
}

fn discard(request: &Request) -> Result<Reply, Error> {
    let trashed = find(request)?;
    let access = asker::access(request, trashed.record.area());
    request.write(|tx| service::discard(tx, trashed.id, &access))?;
    crate::people::attachments::pages::clear(request)?;
    Ok(Reply::see_other(request.url("/people/trash")).toast("deleted-for-good"))
}
