//! `/w/{slug}/notifications`: what the member was told, and the bell that leads there.

use askama::Template;
use serde::Deserialize;

use super::look::{self, Told};
use super::{service, store};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Error;
use crate::id::MemberId;
use crate::members::directory::Directory;
use crate::module::{self, RecordKind};
use crate::people::asker;
use crate::visitor::Reach;
use crate::web::ui::{self, BellLink};
use crate::web::{Access, Reply, Request, Route};

/// Everybody's notifications are their own.
pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/notifications", Access::Member, list),
    Route::get("/w/{slug}/notifications/bell", Access::Member, bell),
    Route::post("/w/{slug}/notifications/read", Access::Member, read_all),
    Route::post("/w/{slug}/notifications/{id}/open", Access::Member, open),
    Route::post("/w/{slug}/notifications/{id}/read", Access::Member, read),
];

pub const BELL: module::Bell = module::Bell {
    path: "/notifications",
    refresh: "/notifications/bell",
    settings: "/settings/notifications",
    unread,
    tell: |tx, member, kind, about| super::tell(tx, &super::Notice::new(member, kind, about)),
};

/// Notifications on one page.
const SHOWN: usize = 50;
/// The bell stops counting here.
const COUNTED: usize = 100;

#[derive(Template)]
#[template(path = "people/notifications/list.html")]
struct List {
    base: String,
    settings: String,
    unread: i64,
    all: bool,
    /// Everything up to here is read when the button is pressed.
    through: i64,
    lines: Vec<Line>,
    newest: Option<String>,
    older: Option<String>,
}

struct Line {
    id: i64,
    icon: &'static str,
    words: String,
    at: Timestamp,
    is_unread: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    /// Read ones too.
    all: bool,
    before: Option<i64>,
    /// The frame reads it.
    #[serde(rename = "done")]
    _done: String,
}

/// Whose records of a kind the asker may see.
pub(super) fn sight(request: &Request) -> impl Fn(&RecordKind) -> Reach + '_ {
    |kind| request.reach(kind.needs.action, kind.needs.area)
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let me = request.member()?.id;
    let base = request.url("/notifications");
    let directory = asker::directory(request)?;
    let (page, through) = request.read(|db| {
        let modules = request.app.modules;
        let page = look::page(db, me, modules, &sight(request), !query.all, query.before, SHOWN)?;
        Ok((page, store::newest(db)?))
    })?;
    let all = if query.all { "all=true" } else { "" };
    let list = List {
        settings: request.url("/settings/notifications"),
        unread: unread(request)?,
        all: query.all,
        through,
        newest: query.before.map(|_| if query.all { format!("{base}?{all}") } else { base.clone() }),
        older: page.older.map(|before| format!("{base}?before={before}{}{all}", if query.all { "&" } else { "" })),
        lines: page.told.iter().map(|told| Line::new(told, &directory)).collect(),
        base,
    };
    request.page("Notifications", &list)
}

impl Line {
    fn new(told: &Told, directory: &Directory) -> Line {
        Line {
            id: told.notification.id,
            icon: told.kind.icon,
            words: told.words(directory),
            at: told.notification.at,
            is_unread: told.notification.read_at.is_none(),
        }
    }
}

/// How many the member has not read and may see, up to [`COUNTED`].
fn unread(request: &Request) -> Result<i64, Error> {
    let me = request.member()?.id;
    let page = request.read(|db| look::page(db, me, request.app.modules, &sight(request), true, None, COUNTED))?;
    Ok(i64::try_from(page.told.len()).unwrap_or(0))
}

#[derive(Template)]
#[template(path = "people/notifications/bell.html")]
struct BellAlone {
    bell: BellLink,
}

/// The bell as it is by now, for the script; a page for whoever comes here by hand.
fn bell(request: &Request) -> Result<Reply, Error> {
    let (href, refresh) = (request.url(BELL.path), request.url(BELL.refresh));
    request.fragment(&BellAlone { bell: BellLink { href, refresh, unread: unread(request)? } })
}

/// Leads to the record, and marks the notification as read: a button, since a link must change nothing.
fn open(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let id: i64 = request.param("id")?;
    let me = request.member()?.id;
    let told = request.read(|db| match store::find(db, me, id)? {
        Some(found) => look::look(db, found, request.app.modules, &sight(request)),
        None => Ok(None),
    })?;
    let told = told.ok_or(Error::NotFound("notification"))?;
    // A workspace that is being closed can still be read.
    if !request.member()?.read_only {
        mark(request, |tx| service::mark_read(tx, me, id))?;
    }
    Ok(Reply::see_other(request.url(&told.path())))
}

fn read(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let id: i64 = request.param("id")?;
    let me = request.member()?.id;
    mark(request, |tx| service::mark_read(tx, me, id))?;
    Ok(Reply::see_other(request.url("/notifications")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllForm {
    through: i64,
}

fn read_all(request: &Request) -> Result<Reply, Error> {
    let form: AllForm = request.form()?;
    let me = request.member()?.id;
    mark(request, |tx| service::mark_all_read(tx, me, form.through))?;
    Ok(Reply::see_other(request.url("/notifications")).toast("all-read"))
}

/// Changes reading marks: machinery that says nothing about anybody's data, so the audit log has no entry.
pub(super) fn mark<T>(request: &Request, work: impl FnOnce(&Tx) -> Result<T, Error>) -> Result<T, Error> {
    let member = request.member()?;
    if member.read_only {
        return Err(Error::Conflict("this workspace is being closed, so it can be read and exported only".into()));
    }
    member.workspace.file.write_unaudited(request.now(), &request.origin(), work)
}

/// The member of the request.
pub(super) fn me(request: &Request) -> Result<MemberId, Error> {
    Ok(request.member()?.id)
}
