//! `/api/v1/notes`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Note, service};
use crate::error::Error;
use crate::id::{MemberId, NoteId};
use crate::members::directory::Directory;
use crate::people::asker;
use crate::people::list::api::{self, Collection};
use crate::people::list::{Cursor, Key};
use crate::people::record::Record;
use crate::people::wire::{self, Named};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

pub const ROUTES: &[Route] = &[
    // Whose notes a member may touch hangs on the record each is on; the services ask.
    Route::get("/api/v1/notes", Access::Member, list).api(&Operation {
        summary: "Lists notes, newest first.",
        query: &[
            QueryParameter {
                name: "filter",
                description: "The record they are on: contact:7 or company:3.",
                kind: QueryKind::Text,
            },
            QueryParameter {
                name: "limit",
                description: "How many.",
                kind: QueryKind::Integer { least: 1, most: api::MOST },
            },
            QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
        ],
        request: None,
        status: 200,
        response: Some(schema::<Collection<NoteWire>>),
    }),
    Route::post("/api/v1/notes", Access::Member, create).api(&Operation {
        summary: "Writes a note on a contact or a company.",
        query: &[],
        request: Some(schema::<NoteBody>),
        status: 201,
        response: Some(schema::<NoteWire>),
    }),
    Route::get("/api/v1/notes/{id}", Access::Member, show).api(&Operation {
        summary: "Gives a note.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<NoteWire>),
    }),
    Route::patch("/api/v1/notes/{id}", Access::Member, change).api(&Operation {
        summary: "Changes the words of a note. Only its author may.",
        query: &[],
        request: Some(schema::<NotePatch>),
        status: 200,
        response: Some(schema::<NoteWire>),
    }),
    Route::delete("/api/v1/notes/{id}", Access::Member, delete).api(&Operation {
        summary: "Deletes a note.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// A note.
#[derive(Serialize, JsonSchema)]
struct NoteWire {
    id: NoteId,
    version: i64,
    on: On,
    body: String,
    author: Option<Named<MemberId>>,
    created_at: String,
    updated_at: String,
}

/// The record a note is on.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct On {
    /// `contact` or `company`.
    #[serde(rename = "type")]
    kind: String,
    id: i64,
}

/// A note to write.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoteBody {
    on: On,
    body: String,
}

/// What of a note can be changed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NotePatch {
    body: String,
}

impl NoteWire {
    fn new(note: Note, directory: &Directory) -> NoteWire {
        NoteWire {
            id: note.id,
            version: note.version,
            on: On { kind: note.on.kind().to_owned(), id: note.on.id() },
            body: note.body,
            author: wire::owner(directory, note.author),
            created_at: note.created_at.rfc3339(),
            updated_at: note.updated_at.rfc3339(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    filter: String,
    limit: Option<i64>,
    cursor: String,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let limit = api::limit(query.limit)?;
    let before = api::cursor(&query.cursor)?.map(|cursor| NoteId(cursor.id));
    let on = match query.filter.trim() {
        "" => None,
        filter => Some(record(filter)?),
    };
    let directory = asker::directory(request)?;
    let reaches = (request.reach(Action::View, Area::Contacts), request.reach(Action::View, Area::Companies));
    let mut notes = request.read(|db| {
        if let Some(on) = on {
            asker::access(request, on.area()).demand_view(service::owner(db, on)?, on.kind())?;
            return service::of(db, on, before, limit + 1);
        }
        service::visible(db, &reaches.0, &reaches.1, before, limit + 1)
    })?;
    let is_more = notes.len() as i64 > limit;
    notes.truncate(usize::try_from(limit).unwrap_or(0));
    let next = notes
        .last()
        .filter(|_| is_more)
        .map(|note| Cursor { before: false, key: Key::Number(note.id.0), id: note.id.0, position: 1 }.encode());
    let data = notes.into_iter().map(|note| NoteWire::new(note, &directory)).collect();
    Reply::json(&Collection { data, next_cursor: next, total: None, total_is_floor: None })
}

/// Reads `contact:7`.
fn record(text: &str) -> Result<Record, Error> {
    text.split_once(':').and_then(|(kind, id)| Record::new(kind, id.parse().ok()?)).ok_or_else(|| {
        Error::field(
            "filter",
            "unknown_filter",
            format!("The part {text} is not understood. Send contact:7 or company:3."),
        )
    })
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: NoteId = request.param("id")?;
    let note = request.read(|db| service::get(db, id, asker::access_to(request)))?;
    answer(request, note)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: NoteBody = request.json()?;
    let on = Record::new(&body.on.kind, body.on.id)
        .ok_or_else(|| Error::field("on/type", "unknown", "A note is on a contact or a company."))?;
    let directory = asker::directory(request)?;
    let access = asker::access(request, on.area());
    idempotency::write(request, |tx| {
        let id = service::create(tx, on, &body.body, &access)?;
        let note = service::get(tx, id, asker::access_to(request))?;
        Reply::created(format!("/api/v1/notes/{id}"), &NoteWire::new(note, &directory))
    })
}

fn change(request: &Request) -> Result<Reply, Error> {
    let id: NoteId = request.param("id")?;
    let version = request.if_match()?;
    let body: NotePatch = request.json()?;
    let note = request.write(|tx| {
        service::change(tx, id, version, &body.body, asker::access_to(request))?;
        service::get(tx, id, asker::access_to(request))
    })?;
    answer(request, note)
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let id: NoteId = request.param("id")?;
    let version = wire::version_if_sent(request)?;
    request.write(|tx| service::delete(tx, id, version, asker::access_to(request)))?;
    Ok(Reply::nothing())
}

fn answer(request: &Request, note: Note) -> Result<Reply, Error> {
    let tag = wire::entity_tag(note.version);
    Ok(Reply::json(&NoteWire::new(note, &asker::directory(request)?))?.header("ETag", tag))
}
