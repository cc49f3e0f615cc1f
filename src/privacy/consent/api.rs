//! `/api/v1/consents`: what people said about the use of their data, event by event. Nothing is ever changed or deleted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{self, Narrowing};
use super::{Action, Event, Method, NewEvent, confirmation};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::{ConsentEventId, MemberId};
use crate::jobs;
use crate::permission::{Action as Right, Area};
use crate::privacy::person::{Seen, seen};
use crate::privacy::purposes;
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::may(Right::View, Area::Privacy);
const EDIT: Access = Access::may(Right::Edit, Area::Privacy);
/// The largest page.
const MOST: i64 = 200;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/consents", EDIT, list).api(&Operation {
        summary: "Lists what people said about the use of their data, newest first.",
        query: &[
            QueryParameter {
                name: "contact",
                description: "Only what this contact said.",
                kind: QueryKind::Integer { least: 1, most: i64::MAX },
            },
            QueryParameter {
                name: "purpose",
                description: "Only about the purpose with this key.",
                kind: QueryKind::Text,
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
        response: Some(schema::<Consents>),
    }),
    // Whether it may be written down depends on what it is: a no takes the right to change the record.
    Route::post("/api/v1/consents", VIEW, create).api(&Operation {
        summary: "Writes down what somebody said about the use of their data.",
        query: &[],
        request: Some(schema::<ConsentBody>),
        status: 201,
        response: Some(schema::<ConsentWire>),
    }),
    Route::get("/api/v1/consents/{id}", EDIT, show).api(&Operation {
        summary: "Gives one thing that somebody said.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<ConsentWire>),
    }),
];

/// One page of what people said.
#[derive(Serialize, JsonSchema)]
struct Consents {
    data: Vec<ConsentWire>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

/// The record of a person.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PersonReference")]
pub(in crate::privacy) struct On {
    /// `contact`.
    #[serde(rename = "type")]
    pub kind: String,
    pub id: i64,
}

/// Something that somebody said.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Consent")]
struct ConsentWire {
    id: ConsentEventId,
    on: On,
    /// The key of the purpose; null: all direct marketing.
    purpose: Option<String>,
    /// `grant`, `confirm`, `import`, `withdraw`, `object` or `lift`.
    action: &'static str,
    /// Of a grant: it counts once it is confirmed.
    needs_confirmation: bool,
    /// `form`, `mail_link`, `admin`, `import`, `api`, `phone`, `letter` or `portal`.
    method: &'static str,
    /// The version of the words, and their SHA-256.
    wording: Option<i64>,
    wording_hash: Option<String>,
    /// When they said it.
    at: String,
    recorded_at: String,
    /// Where they acted from, when they acted themselves.
    address: String,
    user_agent: String,
    evidence: String,
    /// The member who wrote it down.
    recorded_by: Option<MemberId>,
    /// The event that counts no more because of this one: an import was taken back, and nobody said anything.
    takes_back: Option<ConsentEventId>,
    /// What holds now for this person and purpose: `unknown`, `pending`, `granted`, `withdrawn` or `objected`.
    state: Option<&'static str>,
}

/// What somebody said. A yes needs proof: either an act of their own with their address, or evidence.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConsentBody {
    on: On,
    /// Absent: all direct marketing, for `object` and `lift`.
    #[serde(default)]
    purpose: Option<String>,
    action: String,
    /// Absent: `api`.
    #[serde(default)]
    method: Option<String>,
    /// The version of the words they saw. Absent: today's.
    #[serde(default)]
    wording: Option<i64>,
    /// When they said it (RFC 3339). Absent: now.
    #[serde(default)]
    at: Option<String>,
    /// Their IP address, when they acted themselves.
    #[serde(default)]
    address: String,
    #[serde(default)]
    user_agent: String,
    /// Where the proof lies.
    #[serde(default)]
    evidence: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    contact: Option<i64>,
    purpose: String,
    limit: Option<i64>,
    cursor: String,
}

/// The event with the key of its purpose and what holds now.
fn wire(db: &Db, event: Event, state: Option<super::State>) -> Result<ConsentWire, Error> {
    let purpose = event.purpose.map(|id| purposes::service::get(db, id)).transpose()?;
    let (wording, wording_hash) = event.wording.unzip();
    Ok(ConsentWire {
        id: event.id,
        on: On { kind: event.on.0, id: event.on.1 },
        purpose: purpose.map(|purpose| purpose.key),
        action: event.action.word(),
        needs_confirmation: event.needs_confirmation,
        method: event.method.word(),
        wording,
        wording_hash,
        at: event.at.rfc3339(),
        recorded_at: event.recorded_at.rfc3339(),
        address: event.address,
        user_agent: event.user_agent,
        evidence: event.evidence,
        recorded_by: event.member,
        takes_back: event.takes_back,
        state: state.map(|state| state.word()),
    })
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(Error::field("limit", "out_of_range", format!("Choose a limit from 1 to {MOST}.")));
    }
    let unknown_cursor = || Error::field("cursor", "unknown_cursor", "Send next_cursor of the page before, as it was.");
    let before = match query.cursor.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| unknown_cursor())?),
    };
    let on = query.contact.map(|id| seen(request, "contact", id)).transpose()?;
    let (data, next_cursor) = request.read(|db| {
        let purpose = match query.purpose.as_str() {
            "" => None,
            key => {
                let unknown = || Error::field("purpose", "unknown", format!("There is no purpose {key}."));
                Some(purposes::service::find_by_key(db, key)?.ok_or_else(unknown)?.id)
            }
        };
        let on = on.map(|seen| (seen.kind.word.to_owned(), seen.person.ids));
        let mut events = service::list(db, &Narrowing { on, purpose, before }, limit + 1)?;
        let is_more = events.len() as i64 > limit;
        events.truncate(usize::try_from(limit).unwrap_or(0));
        let next = events.last().filter(|_| is_more).map(|last| last.id.to_string());
        let data: Vec<ConsentWire> =
            events.into_iter().map(|event| wire(db, event, None)).collect::<Result<_, Error>>()?;
        Ok((data, next))
    })?;
    Reply::json(&Consents { data, next_cursor })
}

/// The event with this id, when its person is in sight.
fn show(request: &Request) -> Result<Reply, Error> {
    let id: ConsentEventId = request.param("id")?;
    let not_found = || Error::NotFound("consent");
    let event = request.read(|db| service::find(db, id))?.ok_or_else(not_found)?;
    let (kind, of) = event.on.clone();
    let seen = seen(request, &kind, of).map_err(|error| match error {
        Error::NotFound(_) => not_found(),
        error => error,
    })?;
    Reply::json(&request.read(|db| with_state(db, &seen, event))?)
}

/// The event with what holds by now.
fn with_state(db: &Db, seen: &Seen, event: Event) -> Result<ConsentWire, Error> {
    let state = match event.purpose {
        Some(purpose) => Some(service::standing(db, &seen.person, purpose)?.state()),
        None => None,
    };
    wire(db, event, state)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: ConsentBody = request.json()?;
    let action = Action::from_word(&body.action).ok_or_else(|| {
        Error::field("action", "unknown", "An action is grant, confirm, import, withdraw, object or lift.")
    })?;
    let method = match body.method.as_deref() {
        None if action == Action::Import => Method::Import,
        None => Method::Api,
        Some(word) => Method::from_word(word).ok_or_else(|| {
            let all: Vec<&str> = Method::ALL.iter().map(|method| method.word()).collect();
            Error::field("method", "unknown", format!("A method is one of {}.", all.join(", ")))
        })?,
    };
    let wrong = || Error::field("at", "moment_form", "Write a moment like 2026-11-21T00:00:00Z.");
    let at = body.at.as_deref().map(|text| Timestamp::parse(text).ok_or_else(wrong)).transpose()?;
    let seen = seen(request, &body.on.kind, body.on.id).map_err(|error| match error {
        Error::NotFound(_) => Error::field("on", "unknown", "There is no such person. Name one by type and id."),
        error => error,
    })?;
    if !seen.may_say(request, action.opens()) {
        return Err(Error::Forbidden);
    }
    let event = NewEvent {
        purpose: body.purpose.as_deref(),
        action,
        method,
        wording: body.wording,
        at,
        address: &body.address,
        user_agent: &body.user_agent,
        evidence: &body.evidence,
    };
    let answer = idempotency::write(request, |tx| {
        let id = service::record(tx, tx.blind_index()?, &seen.person, &event)?;
        let event = service::find(tx, id)?.ok_or(Error::NotFound("consent"))?;
        Reply::created(format!("/api/v1/consents/{id}"), &with_state(tx, &seen, event)?)
    })?;
    if action == Action::Grant {
        jobs::ask(&request.app, &confirmation::jobs::ASK, Some(request.member()?.workspace_id()))?;
    }
    Ok(answer)
}
