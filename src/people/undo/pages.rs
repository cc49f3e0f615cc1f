//! `/w/{slug}/people/changes`: changes of many records, each with a way back for seven days.

use askama::Template;

use super::{Kind, State, Told, jobs, service};
use crate::db::Db;
use crate::error::Error;
use crate::id::ChangeId;
use crate::members::directory::Directory;
use crate::people::{asker, bulk};
use crate::permission::{Action, Level};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

/// Which changes a member may see and take back hangs on who made them; the handlers ask.
pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/changes", Access::Member, list),
    Route::get("/w/{slug}/people/changes/{id}", Access::Member, show),
    Route::post("/w/{slug}/people/changes/{id}/undo", Access::Member, undo),
];

const SHOWN: i64 = 50;

#[derive(Template)]
#[template(path = "people/undo/list.html")]
struct List {
    base: String,
    changes: Vec<Line>,
}

struct Line {
    told: Told,
    title: String,
    by: String,
    can_undo: bool,
    /// The change itself is still being made, so that nothing can be taken back yet.
    is_under_way: bool,
}

fn line(db: &Db, told: Told, directory: &Directory) -> Result<Line, Error> {
    let is_open = told.state == State::Done && db.now < told.until();
    let can_undo = is_open && service::hindrance(db, &told)?.is_none();
    Ok(Line {
        title: title(&told),
        by: told.created_by.map(|member| directory.name(member).to_owned()).unwrap_or_default(),
        can_undo: can_undo && told.records > 0,
        is_under_way: is_open && !can_undo,
        told,
    })
}

/// What a change did, in words.
pub fn title(told: &Told) -> String {
    let many = told.object.many();
    match (told.kind, told.what.as_str()) {
        (Kind::Import, _) => format!("Import of {many}"),
        (Kind::Merge, _) => format!("Merge of {many}"),
        (Kind::Bulk, "tag") => format!("Tag added to {many}"),
        (Kind::Bulk, "untag") => format!("Tag taken off {many}"),
        (Kind::Bulk, "assign") => format!("Owner of {many} changed"),
        (Kind::Bulk, "archive") => format!("{many} archived", many = capital(many)),
        (Kind::Bulk, "unarchive") => format!("{many} taken out of the archive", many = capital(many)),
        (Kind::Bulk, "delete") => format!("{many} deleted", many = capital(many)),
        (Kind::Bulk, _) => format!("Field of {many} changed"),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A member sees their own changes; who may edit every record of the kind sees all of them.
pub(super) fn may_see(request: &Request, told: &Told) -> bool {
    let is_own = request.member().is_ok_and(|member| told.created_by == Some(member.id));
    is_own || request.level(Action::Edit, told.object.area()) == Level::All
}

/// To take back means to change records, and to delete what the change made.
pub(in crate::people) fn demand_undo(request: &Request, told: &Told) -> Result<(), Error> {
    if !may_see(request, told) {
        return Err(Error::NotFound("change"));
    }
    if request.may(Action::Edit, told.object.area()) { Ok(()) } else { Err(Error::Forbidden) }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let directory = asker::directory(request)?;
    let me = request.member()?.id;
    let all = crate::people::record::Object::ALL
        .iter()
        .any(|object| request.level(Action::Edit, object.area()) == Level::All);
    let changes = request.read(|db| service::list(db, (!all).then_some(me), None, SHOWN))?;
    let seen = changes.into_iter().filter(|told| may_see(request, told));
    let changes = request.read(|db| seen.map(|told| line(db, told, &directory)).collect::<Result<Vec<_>, _>>())?;
    let page = List { base: request.url("/people/changes"), changes };
    request.page("Changes", &page)
}

#[derive(Template)]
#[template(path = "people/undo/show.html")]
struct Show {
    line: Line,
    path: String,
    back: String,
    percent: i64,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: ChangeId = request.param("id")?;
    let told = request.read(|db| service::get(db, id))?;
    if !may_see(request, &told) {
        return Err(Error::NotFound("change"));
    }
    let directory = asker::directory(request)?;
    let percent = if told.records > 0 { (told.restored + told.kept) * 100 / told.records } else { 100 };
    let line = request.read(|db| line(db, told, &directory))?;
    let back = request.url("/people/changes");
    let title = line.title.clone();
    let page = Show { path: format!("{back}/{id}"), back, percent: percent.min(100), line };
    let reply = request.page_below(&title, &[("Changes", "/people/changes")], &page)?;
    Ok(bulk::pages::ended(request, reply, page.line.told.state != State::Undoing, "It is taken back."))
}

fn undo(request: &Request) -> Result<Reply, Error> {
    let id: ChangeId = request.param("id")?;
    let told = request.read(|db| service::get(db, id))?;
    demand_undo(request, &told)?;
    request.write(|tx| service::start(tx, id))?;
    crate::jobs::ask(&request.app, &jobs::RUN, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url(&format!("/people/changes/{id}"))).toast("undo-started"))
}
