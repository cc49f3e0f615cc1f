//! `/api/v1/contacts/{id}/permissions`: for every purpose whether a person's data may be used now, and why.

use schemars::JsonSchema;
use serde::Serialize;

use super::{KIND, seen};
use crate::error::Error;
use crate::id::{ConsentEventId, RestrictionId};
use crate::permission::{Action, Area};
use crate::privacy::consent::{self, Verdict};
use crate::privacy::purposes::{Channel, Purpose};
use crate::privacy::restriction::reading;
use crate::web::{Access, Operation, Reply, Request, Route, schema};

pub const ROUTES: &[Route] =
    &[Route::get("/api/v1/contacts/{id}/permissions", Access::may(Action::View, Area::Privacy), show).api(
        &Operation {
            summary: "Says for every purpose whether a contact's data may be used for it now, and on what that rests.",
            query: &[],
            request: None,
            status: 200,
            response: Some(schema::<Permissions>),
        },
    )];

/// What may be done with a person's data now.
#[derive(Serialize, JsonSchema)]
struct Permissions {
    data: Vec<PermissionWire>,
    /// Always null: there are few purposes.
    next_cursor: Option<String>,
}

/// One purpose, and one way of reaching somebody for it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UsePermission")]
struct PermissionWire {
    /// Its key.
    purpose: String,
    /// `email`, `phone`, `post`, or `none` where nobody is contacted.
    channel: &'static str,
    allowed: bool,
    /// Why: `consent`, `contract`, `restricted`, `objected`, `never_asked` and others.
    reason: &'static str,
    /// The same as a sentence.
    words: String,
    basis: Option<&'static str>,
    /// What the person said (`/api/v1/consents`).
    event: Option<ConsentEventId>,
    /// The version of the words that they agreed to.
    wording: Option<i64>,
    restriction: Option<RestrictionId>,
    /// When what it rests on was said.
    at: Option<String>,
}

impl PermissionWire {
    fn new((purpose, channel, verdict): (Purpose, Channel, Verdict)) -> PermissionWire {
        let allowed = verdict.is_allowed();
        let why = verdict.why;
        PermissionWire {
            purpose: purpose.key,
            channel: channel.word(),
            allowed,
            reason: why.reason.word(),
            words: why.words,
            basis: why.basis.map(|basis| basis.word()),
            event: why.event,
            wording: why.wording,
            restriction: why.restriction,
            at: why.at.map(|at| at.rfc3339()),
        }
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let seen = seen(request, KIND, request.param("id")?)?;
    // Somebody in the trash is nobody for programs, as everywhere in the API.
    request.read(|db| (seen.record.find)(db, seen.person.id()))?.ok_or(Error::NotFound("person"))?;
    reading::note(request, seen.kind.word, seen.person.id(), "api")?;
    let all = request.read(|db| consent::may_use_all(db, &seen.person))?;
    Reply::json(&Permissions { data: all.into_iter().map(PermissionWire::new).collect(), next_cursor: None })
}
