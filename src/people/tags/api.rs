//! `/api/v1/tags`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tag, demand_all, service};
use crate::error::Error;
use crate::id::TagId;
use crate::people::list::api::Collection;
use crate::people::missed::{self, Only};
use crate::people::wire;
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::may(Action::View, Area::Contacts);
const EDIT: Access = Access::may(Action::Edit, Area::Contacts);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/tags", VIEW, list).api(&Operation {
        summary: "Lists every tag, by name.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<Collection<TagWire>>),
    }),
    Route::post("/api/v1/tags", EDIT, create).api(&Operation {
        summary: "Adds a tag.",
        query: &[],
        request: Some(schema::<TagBody>),
        status: 201,
        response: Some(schema::<TagWire>),
    }),
    Route::get("/api/v1/tags/{id}", VIEW, show).api(&Operation {
        summary: "Gives a tag.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<TagWire>),
    }),
    Route::patch("/api/v1/tags/{id}", EDIT, rename).api(&Operation {
        summary: "Gives a tag another name, on every record that carries it.",
        query: &[],
        request: Some(schema::<TagPatch>),
        status: 200,
        response: Some(schema::<TagWire>),
    }),
    Route::post("/api/v1/tags/{id}/merge", EDIT, merge).api(&Operation {
        summary: "Makes two tags one: every record with this tag carries the other instead, and this one is gone.",
        query: &[],
        request: Some(schema::<TagMerge>),
        status: 200,
        response: Some(schema::<TagWire>),
    }),
    Route::delete("/api/v1/tags/{id}", EDIT, delete).versioned().api(&Operation {
        summary: "Takes a tag off every record, and away.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// A tag.
#[derive(Serialize, JsonSchema)]
struct TagWire {
    id: TagId,
    version: i64,
    name: String,
    /// How many contacts carry it.
    contacts: i64,
    companies: i64,
    created_at: String,
    updated_at: String,
}

impl From<Tag> for TagWire {
    fn from(tag: Tag) -> TagWire {
        TagWire {
            id: tag.id,
            version: tag.version,
            name: tag.name,
            contacts: tag.contacts,
            companies: tag.companies,
            created_at: tag.created_at.rfc3339(),
            updated_at: tag.updated_at.rfc3339(),
        }
    }
}

/// What can be sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TagBody {
    name: String,
}

/// What of a tag can be changed; what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TagPatch {
    #[serde(default, deserialize_with = "wire::present")]
    name: Option<Option<String>>,
}

/// Which tag stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TagMerge {
    /// The version that was read of the one that goes.
    version: i64,
    /// The number of the tag that stays.
    into: TagId,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let tags = request.read(service::all)?;
    let data = tags.into_iter().map(TagWire::from).collect();
    Reply::json(&Collection { data, next_cursor: None, total: None, total_is_floor: None })
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: TagId = request.param("id")?;
    answer(request.read(|db| service::find(db, id))?)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: TagBody = request.json()?;
    idempotency::write(request, |tx| {
        let id = service::create(tx, &body.name)?;
        let tag = service::find(tx, id)?.ok_or(Error::NotFound("tag"))?;
        Reply::created(format!("/api/v1/tags/{id}"), &TagWire::from(tag))
    })
}

fn rename(request: &Request) -> Result<Reply, Error> {
    demand_all(request)?;
    let id: TagId = request.param("id")?;
    let version = request.if_match()?;
    let body: TagPatch = request.json()?;
    let renamed = request.write(|tx| {
        let mut name = service::find(tx, id)?.ok_or(Error::NotFound("tag"))?.name;
        wire::patch_text(&mut name, body.name);
        service::rename(tx, id, version, &name)?;
        service::find(tx, id)
    });
    match renamed {
        Err(Error::Stale(_)) => stale(request, id, version),
        renamed => answer(renamed?),
    }
}

fn merge(request: &Request) -> Result<Reply, Error> {
    demand_all(request)?;
    let id: TagId = request.param("id")?;
    let body: TagMerge = request.json()?;
    idempotency::write(request, |tx| {
        service::merge(tx, id, body.version, body.into)?;
        answer(service::find(tx, body.into)?)
    })
}

fn delete(request: &Request) -> Result<Reply, Error> {
    demand_all(request)?;
    let id: TagId = request.param("id")?;
    let version = wire::version_if_sent(request)?;
    match request.write(|tx| service::delete(tx, id, version)) {
        Err(Error::Stale(_)) => stale(request, id, version.unwrap_or_default()),
        deleted => deleted.map(|()| Reply::nothing()),
    }
}

/// Its name is all that can change; nothing says by whom.
fn stale(request: &Request, id: TagId, opened: i64) -> Result<Reply, Error> {
    let now = request.read(|db| service::find(db, id))?.ok_or(Error::NotFound("tag"))?;
    let only = Only { field: "name", value: &now.name, version: now.version, by: None, at: now.updated_at };
    missed::answer_only(request, opened, &only)
}

fn answer(tag: Option<Tag>) -> Result<Reply, Error> {
    let tag = tag.ok_or(Error::NotFound("tag"))?;
    let entity_tag = wire::entity_tag(tag.version);
    Ok(Reply::json(&TagWire::from(tag))?.header("ETag", entity_tag))
}
