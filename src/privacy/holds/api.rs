//! `/api/v1/legal-holds`: what must stay, for programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hold, NewHold, service};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{HoldId, MemberId};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const EDIT: Access = Access::may(Action::Edit, Area::Privacy);
const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);
const MOST: i64 = 200;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/legal-holds", EDIT, list).api(&Operation {
        summary: "Lists legal holds, newest first: those in force, or those that were released.",
        query: &[
            QueryParameter {
                name: "released",
                description: "True gives those that were released.",
                kind: QueryKind::Boolean,
            },
            QueryParameter {
                name: "limit",
                description: "How many.",
                kind: QueryKind::Integer { least: 1, most: MOST },
            },
            QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
        ],
        request: None,
        status: 200,
        response: Some(schema::<LegalHolds>),
    }),
    Route::post("/api/v1/legal-holds", MANAGE, create).api(&Operation {
        summary: "Places a legal hold. What it covers does not go by any rule, and nobody can delete it.",
        query: &[],
        request: Some(schema::<LegalHoldBody>),
        status: 201,
        response: Some(schema::<LegalHold>),
    }),
    Route::get("/api/v1/legal-holds/{id}", EDIT, show).api(&Operation {
        summary: "Gives a legal hold, with how many rows it covers.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<LegalHold>),
    }),
    Route::post("/api/v1/legal-holds/{id}/release", MANAGE, release).api(&Operation {
        summary: "Releases a legal hold. What was due meanwhile goes with the next run.",
        query: &[],
        request: Some(schema::<ReleaseBody>),
        status: 200,
        response: Some(schema::<LegalHold>),
    }),
];

/// One page of holds.
#[derive(Serialize, JsonSchema)]
struct LegalHolds {
    data: Vec<LegalHold>,
    next_cursor: Option<String>,
}

/// A hold.
#[derive(Serialize, JsonSchema)]
struct LegalHold {
    id: HoldId,
    version: i64,
    /// `record`, `person`, `category` or `workspace`.
    scope: &'static str,
    /// What a record or a person is: `contact`, `company`, or a table of the data map for a single row.
    on_type: Option<String>,
    on_id: Option<i64>,
    /// A table of the data map.
    category: Option<String>,
    matter: String,
    reason: String,
    /// What a person reads about it in the copy of their own data; empty: only that there is a hold.
    told: String,
    placed_by: Option<MemberId>,
    placed_at: String,
    /// When it ends by itself.
    ends_at: Option<String>,
    released_by: Option<MemberId>,
    released_at: Option<String>,
    release_reason: Option<String>,
    /// How many rows of each table it covers; only for a single hold in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    covers: Option<Vec<Coverage>>,
}

/// Rows of one table that are held.
#[derive(Serialize, JsonSchema)]
struct Coverage {
    table: &'static str,
    rows: i64,
}

/// A hold to be placed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LegalHoldBody {
    /// `record`, `person`, `category` or `workspace`.
    scope: String,
    #[serde(default)]
    on_type: String,
    #[serde(default)]
    on_id: Option<i64>,
    #[serde(default)]
    category: String,
    matter: String,
    reason: String,
    /// What a person may read about it in the copy of their own data. Without it the copy says only that there is a hold.
    #[serde(default)]
    told: String,
    /// RFC 3339.
    #[serde(default)]
    ends_at: Option<String>,
}

/// Why it may go.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReleaseBody {
    reason: String,
}

fn wire(hold: Hold, covers: Option<Vec<Coverage>>) -> LegalHold {
    let has_target = !hold.on_type.is_empty();
    LegalHold {
        id: hold.id,
        version: hold.version,
        scope: hold.scope.word(),
        on_id: has_target.then_some(hold.on_id),
        on_type: has_target.then_some(hold.on_type),
        category: Some(hold.category).filter(|category| !category.is_empty()),
        matter: hold.matter,
        reason: hold.reason,
        told: hold.told,
        placed_by: hold.placed_by,
        placed_at: hold.placed_at.rfc3339(),
        ends_at: hold.ends_at.map(Timestamp::rfc3339),
        released_by: hold.released_by,
        release_reason: hold.released_at.map(|_| hold.release_reason),
        released_at: hold.released_at.map(Timestamp::rfc3339),
        covers,
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        released: bool,
        limit: Option<i64>,
        cursor: Option<i64>,
    }
    let query: Query = request.query()?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(Error::field("limit", "out_of_range", format!("limit is a number from 1 to {MOST}.")));
    }
    let mut found = request.read(|db| service::list(db, Some(!query.released), query.cursor, limit + 1))?;
    let most = usize::try_from(limit).unwrap_or(0);
    let has_more = found.len() > most;
    found.truncate(most);
    let next_cursor = found.last().filter(|_| has_more).map(|hold| hold.id.to_string());
    Reply::json(&LegalHolds { data: found.into_iter().map(|hold| wire(hold, None)).collect(), next_cursor })
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: LegalHoldBody = request.json()?;
    let moment = |text: String| {
        Timestamp::parse(&text)
            .ok_or_else(|| Error::field("ends_at", "no_moment", "Send a moment such as 2027-03-01T00:00:00Z."))
    };
    let new = NewHold {
        ends_at: body.ends_at.map(moment).transpose()?,
        scope: body.scope,
        on_type: body.on_type,
        on_id: body.on_id,
        category: body.category,
        matter: body.matter,
        reason: body.reason,
        told: body.told,
    };
    idempotency::write(request, |tx| {
        let id = service::place(tx, request.app.modules, new)?;
        Reply::created(format!("/api/v1/legal-holds/{id}"), &wire(service::get(tx, id)?, None))
    })
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: HoldId = request.param("id")?;
    let modules = request.app.modules;
    Reply::json(&request.read(|db| {
        let hold = service::get(db, id)?;
        let covers = match hold.is_in_force(db.now) {
            true => {
                let found = service::coverage(db, modules, &hold)?;
                Some(found.into_iter().map(|(table, rows)| Coverage { table: table.name, rows }).collect())
            }
            false => None,
        };
        Ok(wire(hold, covers))
    })?)
}

fn release(request: &Request) -> Result<Reply, Error> {
    let id: HoldId = request.param("id")?;
    request.read(|db| service::get(db, id))?;
    let body: ReleaseBody = request.json()?;
    let reply =
        idempotency::write(request, |tx| Reply::json(&wire(service::release(tx, id, None, &body.reason)?, None)))?;
    super::pages::go_on(request)?;
    Ok(reply)
}
