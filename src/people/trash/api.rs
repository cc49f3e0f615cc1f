//! `/api/v1/trash`: deleted records, and the way back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Trashed, service};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::TrashId;
use crate::people::asker;
use crate::people::list::api::{self, Collection};
use crate::people::record::Object;
use crate::permission::Action;
use crate::visitor::Reach;
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

/// Whose deleted records a program sees hangs on whose it may delete.
pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/trash", Access::Member, list).api(&Operation {
        summary: "Lists deleted records, the last deleted first.",
        query: &[
            QueryParameter { name: "object", description: "contact (the default) or company.", kind: QueryKind::Text },
            QueryParameter {
                name: "limit",
                description: "How many.",
                kind: QueryKind::Integer { least: 1, most: api::MOST },
            },
            QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
        ],
        request: None,
        status: 200,
        response: Some(schema::<Collection<TrashedWire>>),
    }),
    Route::post("/api/v1/trash/{id}/restore", Access::Member, restore).api(&Operation {
        summary: "Brings a deleted record back with all that hung on it.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<RestoredWire>),
    }),
    Route::delete("/api/v1/trash/{id}", Access::Member, discard).api(&Operation {
        summary: "Lets a deleted record go for good, before its time is over.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// A deleted record.
#[derive(Serialize, JsonSchema)]
struct TrashedWire {
    id: TrashId,
    /// `contact` or `company`, and the id it had and will have again.
    object: &'static str,
    record: i64,
    name: String,
    deleted_at: String,
    /// When it goes for good.
    until: String,
}

/// What came back.
#[derive(Serialize, JsonSchema)]
struct RestoredWire {
    object: &'static str,
    id: i64,
}

fn list(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        object: Option<String>,
        limit: Option<i64>,
        cursor: String,
    }
    let query: Query = request.query()?;
    let object = Object::from_word(query.object.as_deref().unwrap_or("contact"))
        .ok_or_else(|| Error::field("object", "unknown", "The trash has records of contact and of company."))?;
    let limit = api::limit(query.limit)?;
    let before = match query.cursor.as_str() {
        "" => None,
        id => Some(id.parse::<TrashId>().map_err(|_| {
            Error::field("cursor", "unknown_cursor", "Send next_cursor of the page before, as it was.")
        })?),
    };
    let reach = request.reach(Action::Delete, object.area());
    let (days, mut found) = request.read(|db| {
        let found = match reach {
            Reach::Nothing => Vec::new(),
            _ => service::list(db, object, &reach, before, limit + 1)?,
        };
        Ok((service::days(db)?, found))
    })?;
    let has_more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(0));
    let next_cursor = found.last().filter(|_| has_more).map(|last| last.id.to_string());
    let wire = |trashed: Trashed| TrashedWire {
        id: trashed.id,
        object: trashed.record.kind(),
        record: trashed.record.id(),
        name: trashed.name,
        deleted_at: trashed.deleted_at.rfc3339(),
        until: trashed.deleted_at.plus(days * Timestamp::DAY).rfc3339(),
    };
    let data = found.into_iter().map(wire).collect();
    Reply::json(&Collection { data, next_cursor, total: None, total_is_floor: None })
}

fn find(request: &Request) -> Result<Trashed, Error> {
    let id: TrashId = request.param("id")?;
    let trashed = request.read(|db| service::get(db, id))?;
    let reach = request.reach(Action::Delete, trashed.record.area());
    if reach.covers(trashed.owner) { Ok(trashed) } else { Err(Error::NotFound("record")) }
}

fn restore(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let id: TrashId = request.param("id")?;
    idempotency::write(request, |tx| {
        let trashed = service::get(tx, id)?;
        let record = service::restore(tx, id, &asker::access(request, trashed.record.area()))?;
        Reply::json(&RestoredWire { object: record.kind(), id: record.id() })
    })
}

fn discard(request: &Request) -> Result<Reply, Error> {
    let trashed = find(request)?;
    let access = asker::access(request, trashed.record.area());
    request.write(|tx| service::discard(tx, trashed.id, &access))?;
    crate::people::attachments::pages::clear(request)?;
    Ok(Reply::nothing())
}
