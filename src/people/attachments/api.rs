//! `/api/v1/attachments`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pages::{self, CEILING};
use super::{Attachment, service};
use crate::error::Error;
use crate::id::{AttachmentId, MemberId};
use crate::members::directory::Directory;
use crate::people::asker;
use crate::people::list::api::{self, Collection};
use crate::people::list::{Cursor, Key};
use crate::people::missed::{self, Only};
use crate::people::notes::service::owner;
use crate::people::record::Record;
use crate::people::wire::{self, Named};
use crate::permission::{Action, Area};
use crate::web::upload::Allowance;
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

pub const ROUTES: &[Route] = &[
    // Whose files a member may touch hangs on the record each is on; the services ask.
    Route::get("/api/v1/attachments", Access::Member, list).api(&Operation {
        summary: "Lists files on records, newest first.",
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
        response: Some(schema::<Collection<AttachmentWire>>),
    }),
    Route::post("/api/v1/attachments", Access::Member, create).attachments(CEILING, allow).api(&Operation {
        summary: "Attaches a file to a contact or a company.",
        query: &[],
        request: Some(schema::<NewAttachmentForm>),
        status: 201,
        response: Some(schema::<AttachmentWire>),
    }),
    Route::get("/api/v1/attachments/{id}", Access::Member, show).api(&Operation {
        summary: "Says what a file is.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<AttachmentWire>),
    }),
    Route::get("/api/v1/attachments/{id}/content", Access::Member, content).api(&Operation {
        summary: "Gives the bytes of a file, or the part that Range asks for.",
        query: &[],
        request: None,
        status: 200,
        response: None,
    }),
    Route::get("/api/v1/attachments/{id}/preview", Access::Member, preview).api(&Operation {
        summary: "Gives a small picture of a picture, as PNG or JPEG.",
        query: &[],
        request: None,
        status: 200,
        response: None,
    }),
    Route::patch("/api/v1/attachments/{id}", Access::Member, change).api(&Operation {
        summary: "Gives a file another name.",
        query: &[],
        request: Some(schema::<AttachmentPatch>),
        status: 200,
        response: Some(schema::<AttachmentWire>),
    }),
    Route::delete("/api/v1/attachments/{id}", Access::Member, delete).versioned().api(&Operation {
        summary: "Deletes a file and destroys its key.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// The parts of the multipart body.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the form; the parts are read one by one")]
struct NewAttachmentForm {
    /// The record: `contact:7` or `company:3`. Stands before the file or after it.
    on: String,
    /// The file, with its name.
    #[schemars(extend("format" = "binary"))]
    file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    on: String,
}

/// A file on a record.
#[derive(Serialize, JsonSchema)]
struct AttachmentWire {
    id: AttachmentId,
    version: i64,
    on: On,
    name: String,
    /// By content; `application/octet-stream` for everything that is not known to be harmless.
    media_type: String,
    /// In bytes.
    size: i64,
    /// Over the bytes, as 64 hex digits.
    sha256: String,
    content_url: String,
    /// A small picture of a picture; null for everything else.
    preview_url: Option<String>,
    author: Option<Named<MemberId>>,
    created_at: String,
    updated_at: String,
}

/// The record a file is on.
#[derive(Serialize, JsonSchema)]
struct On {
    /// `contact` or `company`.
    #[serde(rename = "type")]
    kind: String,
    id: i64,
}

/// What of a file can be changed; what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AttachmentPatch {
    #[serde(default, deserialize_with = "wire::present")]
    name: Option<Option<String>>,
}

impl AttachmentWire {
    fn new(attachment: Attachment, directory: &Directory) -> AttachmentWire {
        let place = format!("/api/v1/attachments/{}", attachment.id);
        AttachmentWire {
            id: attachment.id,
            version: attachment.version,
            on: On { kind: attachment.on.kind().to_owned(), id: attachment.on.id() },
            media_type: attachment.media_type.clone(),
            size: attachment.size,
            sha256: attachment.sha256_words(),
            content_url: format!("{place}/content"),
            preview_url: attachment.preview.map(|_| format!("{place}/preview")),
            author: wire::owner(directory, attachment.author),
            created_at: attachment.created_at.rfc3339(),
            updated_at: attachment.updated_at.rfc3339(),
            name: attachment.name,
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
    let before = api::cursor(&query.cursor)?.map(|cursor| AttachmentId(cursor.id));
    let on = match query.filter.trim() {
        "" => None,
        filter => Some(record("filter", filter)?),
    };
    let directory = asker::directory(request)?;
    let reaches = (request.reach(Action::View, Area::Contacts), request.reach(Action::View, Area::Companies));
    let mut files = request.read(|db| {
        if let Some(on) = on {
            asker::access(request, on.area()).demand_view(owner(db, on)?, on.kind())?;
            return service::of(db, on, before, limit + 1);
        }
        service::visible(db, &reaches.0, &reaches.1, before, limit + 1)
    })?;
    let is_more = files.len() as i64 > limit;
    files.truncate(usize::try_from(limit).unwrap_or(0));
    let next_cursor = files
        .last()
        .filter(|_| is_more)
        .map(|file| Cursor { before: false, key: Key::Number(file.id.0), id: file.id.0, position: 1 }.encode());
    let data = files.into_iter().map(|file| AttachmentWire::new(file, &directory)).collect();
    Reply::json(&Collection { data, next_cursor, total: None, total_is_floor: None })
}

/// Reads `contact:7`.
fn record(field: &'static str, text: &str) -> Result<Record, Error> {
    text.split_once(':').and_then(|(kind, id)| Record::new(kind, id.parse().ok()?)).ok_or_else(|| {
        let message = format!("The record {text} is not understood. Send contact:7 or company:3.");
        Error::field(field, "unknown_record", message)
    })
}

/// The record stands in the body, which is read only later: here only the room counts.
fn allow(request: &Request) -> Result<Allowance, Error> {
    let limits = &request.app.config.attachments;
    let room = request.read(|db| service::room(db, limits))?;
    Ok(Allowance { each: limits.each, files: 1, room, quota: limits.quota })
}

fn create(request: &Request) -> Result<Reply, Error> {
    let fields: Fields = request.form()?;
    let on = record("on", &fields.on)?;
    let access = asker::access(request, on.area());
    let limits = &request.app.config.attachments;
    let upload = request.upload().filter(|upload| !upload.is_nothing());
    let upload = upload.ok_or_else(|| Error::field("file", "required", "Send a file in the part file."))?;
    // Before a picture is decoded; asked again by what attaches it.
    request.read(|db| service::demand_place(db, on, 1, limits, &access))?;
    let member = request.member()?;
    let keys = request.app.keys.workspace(member.workspace_id())?;
    let directory = asker::directory(request)?;
    let files = [service::take(&member.workspace, &keys, &upload.file_name, &upload.blob)?];
    let mut is_new = false;
    let reply = idempotency::write(request, |tx| {
        let ids = service::add(tx, on, &files, &keys, limits, &access)?;
        let id = *ids.first().ok_or_else(|| Error::internal("a file without an id"))?;
        let file = service::get(tx, id, asker::access_to(request))?;
        is_new = true;
        Reply::created(format!("/api/v1/attachments/{id}"), &AttachmentWire::new(file, &directory))
    })?;
    // A repeated request gets the answer of the first; its file goes.
    if is_new {
        files.iter().for_each(service::Taken::keep);
    }
    Ok(reply)
}

fn find(request: &Request) -> Result<Attachment, Error> {
    let id: AttachmentId = request.param("id")?;
    request.read(|db| service::get(db, id, asker::access_to(request)))
}

fn show(request: &Request) -> Result<Reply, Error> {
    answer(request, find(request)?)
}

fn content(request: &Request) -> Result<Reply, Error> {
    pages::hand_out(request, &find(request)?)
}

fn preview(request: &Request) -> Result<Reply, Error> {
    pages::hand_out_preview(request, &find(request)?)
}

fn change(request: &Request) -> Result<Reply, Error> {
    let id: AttachmentId = request.param("id")?;
    let version = request.if_match()?;
    let body: AttachmentPatch = request.json()?;
    let renamed = request.write(|tx| {
        let mut name = service::get(tx, id, asker::access_to(request))?.name;
        wire::patch_text(&mut name, body.name);
        service::rename(tx, id, version, &name, asker::access_to(request))
    });
    match renamed {
        Err(Error::Stale(_)) => stale(request, version),
        renamed => answer(request, renamed?),
    }
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let id: AttachmentId = request.param("id")?;
    let version = wire::version_if_sent(request)?;
    match request.write(|tx| service::delete(tx, id, version, asker::access_to(request))) {
        Err(Error::Stale(_)) => return stale(request, version.unwrap_or_default()),
        deleted => deleted?,
    };
    pages::clear(request)?;
    Ok(Reply::nothing())
}

/// Its name is all that can change. Who changed it stands in the history of the record.
fn stale(request: &Request, opened: i64) -> Result<Reply, Error> {
    let now = find(request)?;
    let only = Only { field: "name", value: &now.name, version: now.version, by: None, at: now.updated_at };
    missed::answer_only(request, opened, &only)
}

fn answer(request: &Request, file: Attachment) -> Result<Reply, Error> {
    let tag = wire::entity_tag(file.version);
    Ok(Reply::json(&AttachmentWire::new(file, &asker::directory(request)?))?.header("ETag", tag))
}
