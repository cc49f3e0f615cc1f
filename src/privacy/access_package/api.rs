//! `/api/v1/access-packages`: copies of all that is held of a person, for programs. Asked for, looked at, taken once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccessPackage, State, contents, jobs, pages, service};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::AccessPackageId;
use crate::jobs as scheduler;
use crate::permission::{Action, Area};
use crate::privacy::subject::{self, Person};
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const EXPORT: Access = Access::may(Action::Export, Area::Privacy);

pub const ROUTES: &[Route] = &[
    Route::post("/api/v1/access-packages", EXPORT, create).api(&Operation {
        summary: "Asks for a copy of all that is held of a person. It is made by a job.",
        query: &[],
        request: Some(schema::<AccessPackageBody>),
        status: 202,
        response: Some(schema::<AccessPackageWire>),
    }),
    Route::get("/api/v1/access-packages/schema", EXPORT, give_schema).api(&Operation {
        summary: "Gives the JSON Schema of the file data.json in every package.",
        query: &[],
        request: None,
        status: 200,
        response: None,
    }),
    Route::get("/api/v1/access-packages/{id}", EXPORT, show).api(&Operation {
        summary: "Gives a package: how far it is, and what is in it.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<AccessPackageWire>),
    }),
    Route::get("/api/v1/access-packages/{id}/file", EXPORT, pages::hand_out).conflicting().api(&Operation {
        summary: "Gives the file, a ZIP, once. A second time is refused with 409.",
        query: &[],
        request: None,
        status: 200,
        response: None,
    }),
];

/// Of whom.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccessPackageBody {
    person: PersonBody,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessPackagePerson")]
struct PersonBody {
    /// `contact`.
    #[serde(rename = "type")]
    kind: String,
    id: i64,
}

/// A copy of all that is held of a person.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccessPackage")]
struct AccessPackageWire {
    id: AccessPackageId,
    person: PersonWire,
    /// The request that it answers.
    request_id: Option<i64>,
    /// `building`, `ready`, `taken`, `expired` or `failed`.
    state: &'static str,
    /// True once it may be taken: a package that answers a request waits for the checks of it.
    is_released: bool,
    /// Steps of the build that are done, of `steps`.
    step: i64,
    steps: i64,
    items: i64,
    files: i64,
    /// Files that could not be read; they are listed in the package.
    damaged: i64,
    /// Places where others are named, which are masked.
    redacted: i64,
    /// Bytes.
    size: i64,
    /// Of the file, in hex; empty until it is made.
    sha256: String,
    /// Where the file is taken, once.
    file_url: String,
    created_at: String,
    ready_at: Option<String>,
    taken_at: Option<String>,
    expires_at: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccessPackageOf")]
struct PersonWire {
    #[serde(rename = "type")]
    kind: String,
    id: i64,
}

fn wire(package: AccessPackage) -> AccessPackageWire {
    AccessPackageWire {
        id: package.id,
        person: PersonWire { kind: package.person_kind, id: package.person_id },
        request_id: package.request,
        state: package.state.word(),
        is_released: package.released_at.is_some(),
        step: package.step,
        steps: package.steps,
        items: package.items,
        files: package.files,
        damaged: package.damaged,
        redacted: package.redacted,
        size: package.size,
        sha256: data_encoding::HEXLOWER.encode(&package.sha256),
        file_url: format!("/api/v1/access-packages/{}/file", package.id),
        created_at: package.created_at.rfc3339(),
        ready_at: package.ready_at.map(Timestamp::rfc3339),
        taken_at: package.taken_at.map(Timestamp::rfc3339),
        expires_at: package.expires_at.rfc3339(),
    }
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: AccessPackageBody = request.json()?;
    let unknown = || Error::field("person/type", "unknown", "The data of a contact can be copied.");
    let kind = subject::kind(request.app.modules, &body.person.kind).ok_or_else(unknown)?;
    let reply = idempotency::write_while_closing(request, |tx| {
        let person = Person::of(tx, kind, body.person.id)?;
        if (kind.name)(tx, body.person.id)?.is_none() {
            return Err(Error::field("person/id", "unknown", "There is nobody with this id."));
        }
        let id = service::build(tx, &person, None)?;
        Ok(Reply::created(format!("/api/v1/access-packages/{id}"), &wire(service::get(tx, id)?))?.status(202))
    })?;
    scheduler::ask(&request.app, &jobs::BUILD, Some(request.member()?.workspace_id()))?;
    Ok(reply)
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: AccessPackageId = request.param("id")?;
    let mut package = request.read(|db| service::get(db, id))?;
    // The job comes by once an hour; the time is over when it is over.
    if package.expires_at <= request.now() && package.state != State::Failed {
        package.state = State::Expired;
    }
    Reply::json(&wire(package))
}

fn give_schema(_: &Request) -> Result<Reply, Error> {
    Reply::json(&contents::schema())
}
