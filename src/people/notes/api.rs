//! `/api/v1/notes`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Note, Written, service};
use crate::error::Error;
use crate::id::{MemberId, NoteId};
use crate::members::directory::Directory;
use crate::people::asker;
use crate::people::list::api::{self, Collection};
use crate::people::list::{Cursor, Key};
use crate::people::mentions::{self, Audience};
use crate::people::missed::{self, Only};
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
    Route::delete("/api/v1/notes/{id}", Access::Member, delete).versioned().api(&Operation {
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
    /// A member who is named stands here as @ and the name they have now.
    body: String,
    /// Whom it names.
    mentions: Vec<Named<MemberId>>,
    /// After writing: what stands after an @ and names nobody, or several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    not_mentioned: Vec<NotMentioned>,
    /// After writing: who is named and may not see the record, so was not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    not_told: Vec<Named<MemberId>>,
    author: Option<Named<MemberId>>,
    created_at: String,
    updated_at: String,
}

/// A word after an @ that stays as text.
#[derive(Serialize, JsonSchema)]
struct NotMentioned {
    text: String,
    /// `unknown` or `ambiguous`.
    reason: &'static str,
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

/// What of a note can be changed; what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NotePatch {
    #[serde(default, deserialize_with = "wire::present")]
    body: Option<Option<String>>,
}

impl NoteWire {
    fn new(note: Note, directory: &Directory) -> NoteWire {
        NoteWire {
            id: note.id,
            version: note.version,
            on: On { kind: note.on.kind().to_owned(), id: note.on.id() },
            body: mentions::plain(&note.body, directory),
            mentions: named(&mentions::members(&note.body), directory),
            not_mentioned: Vec::new(),
            not_told: Vec::new(),
            author: wire::owner(directory, note.author),
            created_at: note.created_at.rfc3339(),
            updated_at: note.updated_at.rfc3339(),
        }
    }
}

/// Members by their names of today, each once.
fn named(members: &[MemberId], directory: &Directory) -> Vec<Named<MemberId>> {
    let mut named: Vec<Named<MemberId>> = Vec::new();
    for id in members {
        if !named.iter().any(|known| known.id == *id) {
            named.push(Named { id: *id, name: mentions::name(*id, directory) });
        }
    }
    named
}

/// A note that was just saved, with what became of its mentions.
fn wire_of(written: &Written, note: Note, directory: &Directory) -> NoteWire {
    let not_mentioned = written.unclear.iter().map(|unclear| NotMentioned {
        text: unclear.text.clone(),
        reason: if unclear.is_ambiguous { "ambiguous" } else { "unknown" },
    });
    NoteWire {
        not_mentioned: not_mentioned.collect(),
        not_told: named(&written.blind, directory),
        ..NoteWire::new(note, directory)
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
    let audience = Audience::of(&request.app, request.member()?.workspace_id())?;
    let access = asker::access(request, on.area());
    idempotency::write(request, |tx| {
        let written = service::create(tx, on, &body.body, &access, &audience)?;
        let note = service::get(tx, written.id, asker::access_to(request))?;
        Reply::created(format!("/api/v1/notes/{}", written.id), &wire_of(&written, note, &audience.directory))
    })
}

fn change(request: &Request) -> Result<Reply, Error> {
    let id: NoteId = request.param("id")?;
    let version = request.if_match()?;
    let body: NotePatch = request.json()?;
    let audience = Audience::of(&request.app, request.member()?.workspace_id())?;
    let changed = request.write(|tx| {
        let before = service::get(tx, id, asker::access_to(request))?;
        let mut text = mentions::typed(&before.body, &audience.directory);
        wire::patch_text(&mut text, body.body);
        let written = service::change(tx, id, version, &text, asker::access_to(request), &audience)?;
        Ok((written, service::get(tx, id, asker::access_to(request))?))
    });
    let (written, note) = match changed {
        Err(Error::Stale(_)) => return stale(request, id, version),
        changed => changed?,
    };
    let tag = wire::entity_tag(note.version);
    Ok(Reply::json(&wire_of(&written, note, &audience.directory))?.header("ETag", tag))
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let id: NoteId = request.param("id")?;
    let version = wire::version_if_sent(request)?;
    match request.write(|tx| service::delete(tx, id, version, asker::access_to(request))) {
        Err(Error::Stale(_)) => stale(request, id, version.unwrap_or_default()),
        deleted => deleted.map(|_| Reply::nothing()),
    }
}

/// Its words are all that can change, and only by its author.
fn stale(request: &Request, id: NoteId, opened: i64) -> Result<Reply, Error> {
    let now = request.read(|db| service::get(db, id, asker::access_to(request)))?;
    let value = mentions::plain(&now.body, &asker::directory(request)?);
    let only = Only { field: "body", value: &value, version: now.version, by: now.author, at: now.updated_at };
    missed::answer_only(request, opened, &only)
}

fn answer(request: &Request, note: Note) -> Result<Reply, Error> {
    let tag = wire::entity_tag(note.version);
    Ok(Reply::json(&NoteWire::new(note, &asker::directory(request)?))?.header("ETag", tag))
}
