//! `/api/v1/subject-requests`: the register for programs, with each kind of step in a place of its own.

use schemars::JsonSchema;
use serde::Deserialize;

use super::wire::{LetterWire, PersonWire, RequestDetail, RequestPage, RequestWire};
use super::{Channel, Filter, Kind, NewRequest, Profile, State, entering, service, taking};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{MemberId, SubjectRequestId};
use crate::module::PersonKind;
use crate::permission::{Action, Area};
use crate::privacy::subject;
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::may(Action::View, Area::Privacy);
const WORK: Access = Access::may(Action::Edit, Area::Privacy);
const MOST: i64 = 200;

/// A POST that answers with the request as it then is.
const fn step(summary: &'static str, request: crate::web::SchemaOf) -> Operation {
    Operation { summary, query: &[], request: Some(request), status: 200, response: Some(schema::<RequestDetail>) }
}

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/subject-requests", VIEW, list_all).api(&Operation {
        summary: "Lists requests of people about their data: open ones by their last day, then closed ones.",
        query: &[
            QueryParameter { name: "state", description: "One state.", kind: QueryKind::Text },
            QueryParameter { name: "kind", description: "One kind.", kind: QueryKind::Text },
            QueryParameter {
                name: "assignee",
                description: "The id of a member.",
                kind: QueryKind::Integer { least: 1, most: i64::MAX },
            },
            QueryParameter { name: "open", description: "Leaves out closed ones.", kind: QueryKind::Boolean },
            QueryParameter {
                name: "overdue",
                description: "Only open ones whose last day is over.",
                kind: QueryKind::Boolean,
            },
            QueryParameter {
                name: "offset",
                description: "From next_offset of the page before.",
                kind: QueryKind::Integer { least: 0, most: i64::MAX },
            },
            QueryParameter {
                name: "limit",
                description: "At most so many; 50 when absent.",
                kind: QueryKind::Integer { least: 1, most: MOST },
            },
        ],
        request: None,
        status: 200,
        response: Some(schema::<RequestPage>),
    }),
    Route::post("/api/v1/subject-requests", WORK, create).api(&Operation {
        summary: "Enters a request. One that the same person has open already is linked: see duplicate_of.",
        query: &[],
        request: Some(schema::<NewBody>),
        status: 201,
        response: Some(schema::<RequestWire>),
    }),
    Route::get("/api/v1/subject-requests/{id}", VIEW, get).api(&Operation {
        summary: "Returns a request with its steps, checks, letters and recipients.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<RequestDetail>),
    }),
    Route::patch("/api/v1/subject-requests/{id}", WORK, change)
        .api(&step("Says whose data it is about, or gives it to a member.", schema::<ChangeBody>)),
    Route::post("/api/v1/subject-requests/{id}/checks", WORK, taking::check)
        .api(&step("Records one of the three checks: identity, ownership, scope.", schema::<taking::CheckBody>)),
    Route::post("/api/v1/subject-requests/{id}/steps", WORK, taking::take_step).api(&step(
        "Takes a step: approve, deny, start, erase, ask, resume, complete, cancel.",
        schema::<taking::StepBody>,
    )),
    Route::post("/api/v1/subject-requests/{id}/kept-items", WORK, taking::keep).api(&step(
        "Lists a part that is kept although it was asked to go, with ground and last day.",
        schema::<taking::KeptBody>,
    )),
    Route::post("/api/v1/subject-requests/{id}/corrections", WORK, taking::propose).api(&step(
        "Says what each field is to hold. Replaces what was said before.",
        schema::<taking::CorrectionsBody>,
    )),
    Route::post("/api/v1/subject-requests/{id}/recipients", WORK, taking::add_recipient)
        .api(&step("Lists somebody who has received the data (GDPR Art. 19).", schema::<taking::RecipientBody>)),
    Route::post("/api/v1/subject-requests/{id}/recipients/{recipient}/notice", WORK, taking::tell)
        .api(&step("Records how a recipient was told.", schema::<taking::NoticeBody>)),
    Route::post("/api/v1/subject-requests/{id}/letters", WORK, taking::write).api(&Operation {
        summary: "Sends a letter to whoever asked. One of kind extension extends the last day.",
        query: &[],
        request: Some(schema::<taking::LetterBody>),
        status: 201,
        response: Some(schema::<LetterWire>),
    }),
];

fn list_all(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        state: Option<String>,
        kind: Option<String>,
        assignee: Option<i64>,
        open: bool,
        overdue: bool,
        offset: i64,
        limit: Option<i64>,
    }
    let query: Query = request.query()?;
    if query.assignee.is_some_and(|assignee| assignee < 1) {
        return Err(Error::field("assignee", "out_of_range", "assignee is the number of a member, 1 or more."));
    }
    let filter = Filter {
        state: query.state.as_deref().map(|word| known(State::from_word(word), "state")).transpose()?,
        kind: query.kind.as_deref().map(|word| known(Kind::from_word(word), "kind")).transpose()?,
        assignee: query.assignee.map(MemberId),
        open: query.open,
        overdue: query.overdue,
    };
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) || query.offset < 0 {
        return Err(Error::field(
            "limit",
            "out_of_range",
            format!("limit lies between 1 and {MOST}, offset is 0 or more."),
        ));
    }
    let (found, total) =
        request.read(|db| Ok((service::page(db, &filter, query.offset, limit)?, service::count(db, &filter)?)))?;
    let next = query.offset.saturating_add(limit);
    Reply::json(&RequestPage {
        data: found.into_iter().map(|found| RequestWire::new(found, request.now())).collect(),
        next_offset: (next < total).then_some(next),
        total,
    })
}

pub(super) fn known<T>(found: Option<T>, field: &'static str) -> Result<T, Error> {
    found.ok_or_else(|| {
        Error::field(field, "unknown", format!("There is no such {field}. See the list in the API reference."))
    })
}

/// A new request.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewBody {
    /// access, portability, rectification, erasure, restriction, objection, withdrawal.
    kind: String,
    /// Whose data it is about; null while nobody is found.
    #[serde(default)]
    person: Option<PersonWire>,
    /// As whoever asks calls themselves; with a person, their name when absent.
    #[serde(default)]
    name: String,
    /// An email address for the answer; with a person, their first address when absent.
    #[serde(default)]
    answer_to: String,
    /// email, phone, letter, in_person, portal, api (when absent).
    #[serde(default)]
    channel: Option<String>,
    /// What they said.
    #[serde(default)]
    words: String,
    /// When it came in, as RFC 3339; now when absent.
    #[serde(default)]
    received_at: Option<String>,
    /// gdpr or ccpa; the workspace's own when absent.
    #[serde(default)]
    profile: Option<String>,
    #[serde(default)]
    assignee_id: Option<MemberId>,
}

fn person(request: &Request, wire: &PersonWire) -> Result<(&'static PersonKind, i64), Error> {
    let kind = known(subject::kind(request.app.modules, &wire.kind), "person")?;
    Ok((kind, wire.id))
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: NewBody = request.json()?;
    let received_at = match &body.received_at {
        Some(text) => Some(Timestamp::parse(text).ok_or_else(|| {
            Error::field("received_at", "invalid_moment", "Write the moment as RFC 3339, like 2026-11-21T09:40:00Z.")
        })?),
        None => None,
    };
    let assignee = body.assignee_id.map(|member| member.to_string()).unwrap_or_default();
    let new = NewRequest {
        kind: known(Kind::from_word(&body.kind), "kind")?,
        profile: body.profile.as_deref().map(|word| known(Profile::from_word(word), "profile")).transpose()?,
        person: body.person.as_ref().map(|wire| person(request, wire)).transpose()?,
        name: body.name,
        answer_to: body.answer_to,
        channel: body.channel.as_deref().map_or(Ok(Channel::Api), |word| known(Channel::from_word(word), "channel"))?,
        words: body.words,
        received_at,
        assignee: entering::assignee(request, &assignee)?,
    };
    let key = request.member()?.workspace.file.blind_index()?.clone();
    idempotency::write(request, |tx| {
        let id = service::create(tx, request.app.modules, &key, &new)?;
        let wire = RequestWire::new(service::get(tx, id)?, tx.now);
        Reply::created(format!("/api/v1/subject-requests/{id}"), &wire)
    })
}

fn get(request: &Request) -> Result<Reply, Error> {
    let id: SubjectRequestId = request.param("id")?;
    let detail = request.read(|db| RequestDetail::read(db, request.app.modules, id))?;
    let version = detail.request.version;
    Ok(Reply::json(&detail)?.header("ETag", format!("\"{version}\"")))
}

/// What is absent stays as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    #[serde(default)]
    person: Option<PersonWire>,
    /// 0 gives it to nobody.
    #[serde(default)]
    assignee_id: Option<MemberId>,
}

fn change(request: &Request) -> Result<Reply, Error> {
    let id: SubjectRequestId = request.param("id")?;
    let version = request.if_match()?;
    let body: ChangeBody = request.json()?;
    let linked = body.person.as_ref().map(|wire| person(request, wire)).transpose()?;
    let given = match body.assignee_id {
        Some(MemberId(0)) => Some(None),
        Some(member) => Some(entering::assignee(request, &member.to_string())?),
        None => None,
    };
    let detail = request.write(|tx| {
        let before = service::get(tx, id)?;
        if before.version != version {
            return Err(Error::Stale(before.version));
        }
        if let Some((kind, person)) = linked {
            service::link_person(tx, id, kind, person)?;
        }
        if let Some(assignee) = given {
            service::assign(tx, request.app.modules, id, assignee)?;
        }
        RequestDetail::read(tx, request.app.modules, id)
    })?;
    let version = detail.request.version;
    Ok(Reply::json(&detail)?.header("ETag", format!("\"{version}\"")))
}
