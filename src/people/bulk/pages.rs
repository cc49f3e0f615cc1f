//! `/w/{slug}/people/bulk/{id}`: an edit of many records under way, with its end and the way back.

use askama::Template;

use super::{BulkEdit, Edit, State, Verb, jobs, service};
use crate::error::Error;
use crate::id::BulkEditId;
use crate::people::record::Object;
use crate::permission::{Action, Level};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

/// An edit is its maker's, and of whoever may edit every record of the kind; the handlers ask.
pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/bulk/{id}", Access::Member, show),
    Route::post("/w/{slug}/people/bulk/{id}/cancel", Access::Member, cancel),
];

#[derive(Template)]
#[template(path = "people/bulk/show.html")]
struct Show {
    bulk: BulkEdit,
    title: String,
    path: String,
    list: String,
    change: Option<String>,
    /// What happened to the records, after "were".
    verb: &'static str,
    is_delete: bool,
    percent: i64,
}

/// The edit of the address, when the member may see it.
pub(super) fn find(request: &Request) -> Result<BulkEdit, Error> {
    let id: BulkEditId = request.param("id")?;
    let bulk = request.read(|db| service::get(db, id))?;
    let is_own = bulk.created_by == Some(request.member()?.id);
    if is_own || request.level(Action::Edit, bulk.object.area()) == Level::All {
        Ok(bulk)
    } else {
        Err(Error::NotFound("edit"))
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let bulk = find(request)?;
    let (title, path) = match bulk.object {
        Object::Contact => ("Contacts", "/people/contacts"),
        Object::Company => ("Companies", "/people/companies"),
    };
    let page = Show {
        title: words(&bulk),
        path: request.url(&format!("/people/bulk/{}", bulk.id)),
        list: request.url(path),
        change: bulk.change.map(|change| request.url(&format!("/people/changes/{change}"))),
        verb: done(&bulk),
        is_delete: bulk.edit == Edit::Delete,
        percent: bulk.done * 100 / bulk.total.max(1),
        bulk,
    };
    let reply = request.page_below(&page.title, &[(title, path)], &page)?;
    Ok(ended(request, reply, page.bulk.state != State::Running, "The edit has ended."))
}

/// Says aloud that the work which a page waited for has ended: only a page that waits asks for the fragment.
pub(in crate::people) fn ended(request: &Request, reply: Reply, has_ended: bool, text: &str) -> Reply {
    if !has_ended || !request.wants_fragment() {
        return reply;
    }
    reply.header("HX-Trigger", serde_json::json!({ "toast": { "text": text } }).to_string())
}

fn done(bulk: &BulkEdit) -> &'static str {
    match bulk.edit.verb() {
        Verb::Archive => "archived",
        Verb::Unarchive => "taken out of the archive",
        Verb::Delete => "deleted",
        _ => "changed",
    }
}

/// What an edit does, in words.
fn words(bulk: &BulkEdit) -> String {
    let many = bulk.object.many();
    match (&bulk.edit, bulk.edit.verb()) {
        (Edit::Tag(tag), _) => format!("Add the tag {tag}"),
        (Edit::Untag(tag), _) => format!("Take off the tag {tag}"),
        (_, Verb::Assign) => format!("Give {many} to another owner"),
        (_, Verb::Archive) => format!("Archive {many}"),
        (_, Verb::Unarchive) => format!("Take {many} out of the archive"),
        (_, Verb::Delete) => format!("Delete {many}"),
        _ => format!("Change a field of {many}"),
    }
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    let bulk = find(request)?;
    request.write(|tx| service::cancel(tx, bulk.id))?;
    Ok(Reply::see_other(request.url(&format!("/people/bulk/{}", bulk.id))).toast("edit-cancelled"))
}

/// Starts an edit from a page and leads to its own.
pub fn start(request: &Request, object: Object, edit: &Edit, ids: &[i64]) -> Result<Reply, Error> {
    let access = crate::people::asker::access(request, object.area());
    let id = request.write(|tx| service::start(tx, object, edit, ids, &access))?;
    crate::jobs::ask(&request.app, &jobs::RUN, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url(&format!("/people/bulk/{id}"))))
}
