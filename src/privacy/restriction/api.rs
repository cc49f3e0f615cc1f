//! `/api/v1/restrictions`: whose data is kept and not used, for programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service;
use super::{Ground, Restriction};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Error;
use crate::id::{MemberId, RestrictionId};
use crate::permission::{Action, Area};
use crate::privacy::consent::api::On;
use crate::privacy::person::{Seen, seen};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const EDIT: Access = Access::may(Action::Edit, Area::Privacy);
/// The largest page.
const MOST: i64 = 200;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/restrictions", EDIT, list).api(&Operation {
        summary: "Lists restrictions, newest first: those in force, or those that ended.",
        query: &[
            QueryParameter { name: "lifted", description: "True gives those that ended.", kind: QueryKind::Boolean },
            QueryParameter {
                name: "limit",
                description: "How many.",
                kind: QueryKind::Integer { least: 1, most: MOST },
            },
            QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
        ],
        request: None,
        status: 200,
        response: Some(schema::<Restrictions>),
    }),
    Route::post("/api/v1/restrictions", EDIT, create).api(&Operation {
        summary: "Keeps what is held of a person from being used.",
        query: &[],
        request: Some(schema::<RestrictionBody>),
        status: 201,
        response: Some(schema::<RestrictionWire>),
    }),
    Route::get("/api/v1/restrictions/{id}", EDIT, show).api(&Operation {
        summary: "Gives a restriction.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<RestrictionWire>),
    }),
    Route::post("/api/v1/restrictions/{id}/lifting", EDIT, begin_lifting).api(&Operation {
        summary: "Begins to end a restriction. It holds until the person was told and their days have passed.",
        query: &[],
        request: Some(schema::<LiftingBody>),
        status: 200,
        response: Some(schema::<RestrictionWire>),
    }),
    Route::post("/api/v1/restrictions/{id}/notice", EDIT, tell).api(&Operation {
        summary: "Writes down that the person was told: the restriction ends after the days they were given.",
        query: &[],
        request: Some(schema::<NoticeBody>),
        status: 200,
        response: Some(schema::<RestrictionWire>),
    }),
];

/// One page of restrictions.
#[derive(Serialize, JsonSchema)]
struct Restrictions {
    data: Vec<RestrictionWire>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

/// A person whose data is kept and not used.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Restriction")]
struct RestrictionWire {
    id: RestrictionId,
    version: i64,
    on: On,
    /// `in_force`, `lifting`, `told` or `lifted`.
    stage: &'static str,
    /// `accuracy`, `unlawful`, `claims` or `objection` (Art. 18(1)).
    ground: &'static str,
    reason: String,
    placed_by: Option<MemberId>,
    placed_at: String,
    lift_reason: String,
    /// Days between the notice and the end, and when it ends by itself: while the stage is `told`.
    wait_days: i64,
    ends_at: Option<String>,
    /// How and when the person was told.
    notice: Option<NoticeWire>,
    lifted_by: Option<MemberId>,
    lifted_at: Option<String>,
}

/// How the person was told that their data is used again.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LiftingNotice")]
struct NoticeWire {
    /// `email`, `letter`, `phone` or `in_person`.
    method: &'static str,
    reference: String,
    at: String,
}

impl From<Restriction> for RestrictionWire {
    fn from(restriction: Restriction) -> RestrictionWire {
        RestrictionWire {
            id: restriction.id,
            version: restriction.version,
            stage: restriction.stage().word(),
            ends_at: restriction.ends_at().map(|at| at.rfc3339()),
            on: On { kind: restriction.on.0, id: restriction.on.1 },
            wait_days: restriction.wait_days,
            ground: restriction.ground.word(),
            reason: restriction.reason,
            placed_by: restriction.placed_by,
            placed_at: restriction.placed_at.rfc3339(),
            lift_reason: restriction.lift_reason,
            notice: restriction.notice.map(|notice| NoticeWire {
                method: notice.method.word(),
                reference: notice.reference,
                at: notice.at.rfc3339(),
            }),
            lifted_by: restriction.lifted_by,
            lifted_at: restriction.lifted_at.map(|at| at.rfc3339()),
        }
    }
}

/// A restriction to place.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RestrictionBody {
    on: On,
    ground: String,
    /// What they asked for.
    reason: String,
}

/// Why a restriction ends.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LiftingBody {
    reason: String,
    /// How many days they have to object once they were told, up to 90. Absent: 7.
    #[serde(default)]
    wait_days: Option<i64>,
}

/// How the person was told.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoticeBody {
    method: String,
    /// Where the proof lies.
    reference: String,
    /// When they were told (RFC 3339). Absent: now.
    #[serde(default)]
    at: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    lifted: bool,
    limit: Option<i64>,
    cursor: String,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(Error::field("limit", "out_of_range", format!("Choose a limit from 1 to {MOST}.")));
    }
    let unknown = || Error::field("cursor", "unknown_cursor", "Send next_cursor of the page before, as it was.");
    let before = match query.cursor.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| unknown())?),
    };
    let mut found = request.read(|db| service::list(db, query.lifted, before, limit + 1))?;
    let is_more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(0));
    let next_cursor = found.last().filter(|_| is_more).map(|last| last.id.to_string());
    Reply::json(&Restrictions { data: found.into_iter().map(RestrictionWire::from).collect(), next_cursor })
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: RestrictionBody = request.json()?;
    let unknown = || {
        let all: Vec<&str> = Ground::ALL.iter().map(|ground| ground.word()).collect();
        Error::field("ground", "unknown", format!("A ground is one of {}.", all.join(", ")))
    };
    let ground = Ground::from_word(&body.ground).ok_or_else(unknown)?;
    let seen = seen(request, &body.on.kind, body.on.id).map_err(|error| match error {
        Error::NotFound(_) => Error::field("on", "unknown", "There is no such person. Name one by type and id."),
        error => error,
    })?;
    idempotency::write(request, |tx| {
        let id = service::restrict(tx, &seen.person, ground, &body.reason)?;
        Reply::created(format!("/api/v1/restrictions/{id}"), &RestrictionWire::from(service::get(tx, id)?))
    })
}

/// The restriction of the address, and its person.
fn find(request: &Request) -> Result<(RestrictionId, Seen), Error> {
    let id: RestrictionId = request.param("id")?;
    let restriction = request.read(|db| service::get(db, id))?;
    let (kind, of) = &restriction.on;
    let seen = seen(request, kind, *of).map_err(|error| match error {
        Error::NotFound(_) => Error::NotFound("restriction"),
        error => error,
    })?;
    Ok((id, seen))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let (id, _) = find(request)?;
    answer(&RestrictionWire::from(request.read(|db| service::get(db, id))?))
}

fn begin_lifting(request: &Request) -> Result<Reply, Error> {
    let body: LiftingBody = request.json()?;
    let (id, _) = find(request)?;
    let wait = body.wait_days.unwrap_or(service::USUAL_WAIT);
    change(request, id, |tx| service::begin_lifting(tx, id, None, &body.reason, wait))
}

fn tell(request: &Request) -> Result<Reply, Error> {
    let body: NoticeBody = request.json()?;
    let (id, seen) = find(request)?;
    let wrong = || Error::field("at", "moment_form", "Write a moment like 2026-11-21T00:00:00Z.");
    let at = body.at.as_deref().map(|text| Timestamp::parse(text).ok_or_else(wrong)).transpose()?;
    let notice = service::read_notice(&body.method, &body.reference, at, request.now())?;
    change(request, id, |tx| service::tell(tx, seen.kind, id, None, &notice))
}

fn change(request: &Request, id: RestrictionId, work: impl FnOnce(&Tx) -> Result<(), Error>) -> Result<Reply, Error> {
    idempotency::write(request, |tx| {
        work(tx)?;
        answer(&RestrictionWire::from(service::get(tx, id)?))
    })
}

fn answer(restriction: &RestrictionWire) -> Result<Reply, Error> {
    Ok(Reply::json(restriction)?.header("ETag", format!("\"{}\"", restriction.version)))
}
