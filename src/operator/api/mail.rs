//! `/api/v1/operator/mail`: what the installation sends, what became of it, and sending again or not at all.
//!
//! The words of a mail are for people alone: a kept sign-in link is a way in.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moment;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::mail::{Entry, State, queue};
use crate::members::wire::{Collection, Paging};
use crate::operator::{mail, workspaces};
use crate::permission::OperatorScope;
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::OperatorProgram(OperatorScope::ViewMail);
const MANAGE: Access = Access::OperatorProgram(OperatorScope::ManageMail);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/operator/mail", VIEW, list).api(&LIST),
    Route::get("/api/v1/operator/mail/{id}", VIEW, show).api(&SHOW),
    Route::post("/api/v1/operator/mail/{id}/retry", MANAGE, retry).api(&RETRY),
    Route::post("/api/v1/operator/mail/{id}/cancel", MANAGE, cancel).api(&CANCEL),
];

const QUERY: &[QueryParameter] = &[
    QueryParameter {
        name: "limit",
        description: "Most entries of one page.",
        kind: QueryKind::Integer { least: 1, most: 200 },
    },
    QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
    QueryParameter { name: "count", description: "True adds how many there are in all.", kind: QueryKind::Boolean },
    QueryParameter {
        name: "state",
        description: "Only mail in this state.",
        kind: QueryKind::OneOf(&["queued", "sending", "sent", "failed", "kept", "cancelled"]),
    },
];

const LIST: Operation = Operation {
    summary: "Lists the mail of the installation, newest first, without its words.",
    query: QUERY,
    request: None,
    status: 200,
    response: Some(schema::<Collection<OperatorMail>>),
};
const SHOW: Operation = Operation {
    summary: "Gives the state of one mail, without its words.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<OperatorMail>),
};
const RETRY: Operation = Operation {
    summary: "Sends a mail again that was given up.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<OperatorMail>),
};
const CANCEL: Operation = Operation {
    summary: "Takes a mail out of the queue that waits or was given up. Its words go at once.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<OperatorMail>),
};

/// A mail of the installation.
#[derive(Serialize, JsonSchema)]
struct OperatorMail {
    id: i64,
    /// Which of the program's mails this is: `sign_in_link`, `invitation`, ….
    purpose: String,
    /// The workspace it is about; null when it is about the installation.
    workspace: Option<String>,
    /// Null 30 days after it was written.
    recipient: Option<String>,
    /// `queued`, `sending`, `sent`, `failed`, `kept` or `cancelled`.
    state: String,
    attempts: i64,
    next_attempt_at: Option<String>,
    /// What the mail server said last.
    last_error: String,
    created_at: String,
    sent_at: Option<String>,
}

fn wire(slugs: &HashMap<WorkspaceId, String>, mail: Entry) -> OperatorMail {
    OperatorMail {
        id: mail.id,
        purpose: mail.purpose,
        workspace: mail.workspace.and_then(|id| slugs.get(&id).cloned()),
        recipient: mail.recipient,
        state: mail.state.word().into(),
        attempts: mail.attempts,
        next_attempt_at: moment(mail.next_attempt_at),
        last_error: mail.last_error,
        created_at: mail.created_at.rfc3339(),
        sent_at: moment(mail.sent_at),
    }
}

/// The parameters of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    cursor: Option<i64>,
    #[serde(default)]
    count: bool,
    #[serde(default)]
    state: Option<String>,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let paging = Paging::new(query.limit, query.cursor, query.count);
    let unknown =
        || Error::field("state", "unknown_state", "state is queued, sending, sent, failed, kept or cancelled.");
    let state = query.state.as_deref().map(|word| State::from_word(word).ok_or_else(unknown)).transpose()?;
    let limit = u32::try_from(paging.limit()? + 1).unwrap_or(u32::MAX);
    let (mails, counts, slugs) = request.read_control(|db| {
        Ok((queue::part(db, state, paging.cursor(), limit)?, queue::counts(db)?, workspaces::slugs(db)?))
    })?;
    let counted = counts.iter().filter(|(known, _)| state.is_none_or(|state| state == *known));
    let all: i64 = counted.map(|(_, count)| count).sum();
    let total = paging.counts().then(|| usize::try_from(all).unwrap_or(0));
    Reply::json(&paging.page(mails, total, |mail| mail.id, |mail| wire(&slugs, mail))?)
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: i64 = request.param("id")?;
    let (mail, slugs) = request.read_control(|db| Ok((queue::find(db, id)?, workspaces::slugs(db)?)))?;
    Reply::json(&wire(&slugs, mail))
}

fn retry(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    idempotency::once(request, || {
        mail::send_again(request)?;
        show(request)
    })
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    idempotency::once(request, || {
        mail::take_back(request)?;
        show(request)
    })
}
