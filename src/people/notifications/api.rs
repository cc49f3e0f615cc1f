//! `/api/v1/notifications`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::look::{self, Told};
use super::pages::{mark, me, sight};
use super::service;
use crate::error::Error;
use crate::id::{MemberId, NoteId};
use crate::members::directory::Directory;
use crate::people::asker;
use crate::people::list::api::{self, Collection};
use crate::people::list::{Cursor, Key};
use crate::people::wire::{self, Named};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/notifications", Access::Member, list).api(&Operation {
        summary: "Lists what the member of the token was told, newest first.",
        query: &[
            QueryParameter { name: "unread", description: "Only what is not read.", kind: QueryKind::Boolean },
            QueryParameter {
                name: "limit",
                description: "How many.",
                kind: QueryKind::Integer { least: 1, most: api::MOST },
            },
            QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
        ],
        request: None,
        status: 200,
        response: Some(schema::<Collection<NotificationWire>>),
    }),
    Route::post("/api/v1/notifications/read", Access::Member, read_all).api(&Operation {
        summary: "Marks everything as read that was told until now.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<MarkedWire>),
    }),
    Route::post("/api/v1/notifications/{id}/read", Access::Member, read).api(&Operation {
        summary: "Marks a notification as read.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// Something the member was told.
#[derive(Serialize, JsonSchema)]
struct NotificationWire {
    id: i64,
    /// Such as `mentioned`.
    kind: String,
    text: String,
    /// What it is about; null when it is about several records.
    about: Option<AboutWire>,
    /// How many records it is about.
    count: i64,
    /// The note that mentions the member.
    note_id: Option<NoteId>,
    /// Who caused it; null when Holdfast did by itself.
    member: Option<Named<MemberId>>,
    created_at: String,
    read_at: Option<String>,
}

/// The record a notification is about.
#[derive(Serialize, JsonSchema)]
struct AboutWire {
    #[serde(rename = "type")]
    kind: String,
    id: i64,
    name: String,
}

/// How many were marked.
#[derive(Serialize, JsonSchema)]
struct MarkedWire {
    read: usize,
}

impl NotificationWire {
    fn new(told: Told, directory: &Directory) -> NotificationWire {
        let text = told.words(directory);
        let (kind, id) = told.notification.about.clone();
        let is_one = told.notification.count == 1;
        NotificationWire {
            id: told.notification.id,
            kind: told.notification.kind,
            text,
            about: is_one.then_some(AboutWire { kind, id, name: told.name }),
            count: told.notification.count,
            note_id: told.notification.note,
            member: wire::owner(directory, told.notification.actor),
            created_at: told.notification.at.rfc3339(),
            read_at: told.notification.read_at.map(|at| at.rfc3339()),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    unread: bool,
    limit: Option<i64>,
    cursor: String,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let limit = usize::try_from(api::limit(query.limit)?).unwrap_or(0);
    let before = api::cursor(&query.cursor)?.map(|cursor| cursor.id);
    let (me, modules) = (me(request)?, request.app.modules);
    let page = request.read(|db| look::page(db, me, modules, &sight(request), query.unread, before, limit))?;
    let directory = asker::directory(request)?;
    let next_cursor = page.older.map(|id| Cursor { before: false, key: Key::Number(id), id, position: 1 }.encode());
    let data = page.told.into_iter().map(|told| NotificationWire::new(told, &directory)).collect();
    Reply::json(&Collection { data, next_cursor, total: None, total_is_floor: None })
}

fn read(request: &Request) -> Result<Reply, Error> {
    let id: i64 = request.param("id")?;
    let me = me(request)?;
    mark(request, |tx| idempotency::within(request, tx, || service::mark_read(tx, me, id).map(|()| Reply::nothing())))
}

fn read_all(request: &Request) -> Result<Reply, Error> {
    let me = me(request)?;
    mark(request, |tx| {
        idempotency::within(request, tx, || {
            let read = service::mark_all_read(tx, me, service::newest(tx)?)?;
            Reply::json(&MarkedWire { read })
        })
    })
}
