//! `/api/v1/restores`: a workspace back to an earlier moment, by a program of its owner. `/api/v1/outbound-hold`: what
//! waits after one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pages::{oldest_copy, owned};
use super::{Into, NewRestore, Report, Restore, jobs, service};
use crate::backup::jobs::RUN_WORKSPACE;
use crate::clock::Timestamp;
use crate::db::installation;
use crate::error::Error;
use crate::mail::queue;
use crate::members::wire::{Collection, PAGING, Paging};
use crate::permission::{Action, Area};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);
/// Restores that one answer looks through: each takes minutes, and a person asks for it.
const MOST: i64 = 10_000;

pub const ROUTES: &[Route] = &[
    Route::post("/api/v1/backups", MANAGE, back_up).api(&BACK_UP),
    Route::get("/api/v1/restores", MANAGE, list).api(&LIST),
    Route::post("/api/v1/restores", MANAGE, create).api(&CREATE),
    Route::get("/api/v1/restores/{id}", MANAGE, show).api(&SHOW),
    Route::delete("/api/v1/restores/{id}", MANAGE, cancel).api(&CANCEL),
    Route::get("/api/v1/outbound-hold", MANAGE, hold).api(&HOLD),
    Route::post("/api/v1/outbound-hold/release", MANAGE, release).api(&RELEASE),
];

const BACK_UP: Operation = Operation {
    summary: "Asks for a backup of the workspace now. It stands among the others once it was read back.",
    query: &[],
    request: None,
    status: 202,
    response: None,
};
const LIST: Operation = Operation {
    summary: "Lists the restores of the workspace by their number.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<RestoreWire>>),
};
const CREATE: Operation = Operation {
    summary: "Asks for a restore, for an owner. In place it ends every session and token of the workspace, this one too.",
    query: &[],
    request: Some(schema::<Asked>),
    status: 202,
    response: Some(schema::<RestoreWire>),
};
const SHOW: Operation = Operation {
    summary: "Says how far a restore is, and once it is done what was kept again.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<RestoreWire>),
};
const CANCEL: Operation = Operation {
    summary: "Stops a restore before it switches. What is served stays as it is.",
    query: &[],
    request: None,
    status: 204,
    response: None,
};
const HOLD: Operation = Operation {
    summary: "Says whether mail and retention of the workspace wait since a restore, and how many mails do.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<HoldWire>),
};
const RELEASE: Operation = Operation {
    summary: "Lets mail go out and retention run again after a restore, for an owner. Nothing happens when nothing waits.",
    query: &[],
    request: None,
    status: 204,
    response: None,
};

/// A restore as it stands.
#[derive(Serialize, JsonSchema)]
struct RestoreWire {
    id: i64,
    /// `new` or `in_place`.
    into: String,
    /// The moment that was asked for.
    until: String,
    /// `asked`, `working`, `switching`, `done`, `failed`, `cancelled`.
    state: String,
    /// What is being done, in words.
    progress: String,
    /// Why it failed, in words.
    error: String,
    asked_at: String,
    finished_at: Option<String>,
    /// The address of the workspace that is made.
    slug: Option<String>,
    /// Until when the state before can be brought back.
    state_before_until: Option<String>,
    report: Option<Report>,
}

impl RestoreWire {
    fn new(restore: Restore, now: Timestamp) -> RestoreWire {
        let has_quarantine = restore.has_quarantine(now);
        RestoreWire {
            id: restore.id,
            into: restore.into.word().into(),
            until: restore.until.rfc3339(),
            state: restore.state.word().into(),
            progress: restore.progress,
            error: restore.error,
            asked_at: restore.asked_at.rfc3339(),
            finished_at: restore.finished_at.map(Timestamp::rfc3339),
            slug: Some(restore.new_slug).filter(|slug| !slug.is_empty()),
            state_before_until: restore.quarantine_until.filter(|_| has_quarantine).map(Timestamp::rfc3339),
            report: restore.report,
        }
    }
}

/// What is to come back, and where to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// `new` makes a workspace of its own and changes nothing here; `in_place` replaces what is here.
    into: String,
    /// The moment that is wanted, in RFC 3339; the state of then or just before comes back.
    #[serde(default)]
    until: Option<String>,
    /// Instead of a moment: the restore whose state before it is wanted. In place only.
    #[serde(default)]
    state_before: Option<i64>,
    /// The name of the new workspace; in place the name of this one, so that no wrong one is replaced.
    name: String,
    /// The address of the new workspace.
    #[serde(default)]
    slug: String,
}

impl Asked {
    fn read(self) -> Result<NewRestore, Error> {
        let into = Into::from_word(&self.into);
        let into = into.ok_or_else(|| Error::field("into", "unknown", "Send new or in_place."))?;
        let until = match (&self.until, self.state_before) {
            (Some(text), None) => Timestamp::parse(text)
                .ok_or_else(|| Error::field("until", "no_moment", "Send a moment such as 2026-11-20T10:15:00Z."))?,
            (None, Some(_)) => Timestamp(0),
            _ => return Err(Error::field("until", "required", "Send either until or state_before.")),
        };
        Ok(NewRestore { into, until, from_restore: self.state_before, name: self.name, slug: self.slug })
    }
}

/// What waits.
#[derive(Serialize, JsonSchema)]
struct HoldWire {
    is_held: bool,
    since: Option<String>,
    /// The moment that came back.
    until: Option<String>,
    mails: usize,
}

fn back_up(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let id = request.member()?.workspace.id;
    let reply = idempotency::write_control(request, |tx| {
        audit::record(tx, Event::new("backup.workspace_run.asked").in_workspace(id))?;
        Ok(Reply::nothing().status(202))
    })?;
    crate::jobs::ask(&request.app, &RUN_WORKSPACE, Some(id))?;
    Ok(reply)
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let id = request.member()?.workspace.id;
    let rows = request.read_control(|db| service::list(db, id, None, MOST))?;
    Reply::json(&paging.cut(rows, |restore| restore.id, |restore| RestoreWire::new(restore, request.now()))?)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let new = request.json::<Asked>()?.read()?;
    let (id, by) = owned(request)?;
    let oldest = oldest_copy(request)?;
    let reply = idempotency::write_control(request, |tx| {
        let restore = service::ask(tx, id, by, &new, oldest)?;
        let restore = service::find(tx, id, restore)?;
        Ok(Reply::json(&RestoreWire::new(restore, request.now()))?.status(202))
    })?;
    crate::jobs::ask(&request.app, &jobs::RESTORE, None)?;
    Ok(reply)
}

fn show(request: &Request) -> Result<Reply, Error> {
    let (workspace, id) = (request.member()?.workspace.id, request.param("id")?);
    let restore = request.read_control(|db| service::find(db, workspace, id))?;
    Reply::json(&RestoreWire::new(restore, request.now()))
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    let ((workspace, _), id) = (owned(request)?, request.param("id")?);
    request.write_control(|tx| service::cancel(tx, workspace, id))?;
    Ok(Reply::nothing())
}

fn hold(request: &Request) -> Result<Reply, Error> {
    let id = request.member()?.workspace.id;
    let (held, mails) =
        request.read_control(|db| Ok((installation::outbound_hold_of(db, id)?, queue::waiting_of(db, id)?.len())))?;
    let at = |moment: Option<Timestamp>| moment.map(Timestamp::rfc3339);
    Reply::json(&HoldWire {
        is_held: held.is_some(),
        since: at(held.map(|held| held.since)),
        until: at(held.map(|held| held.until)),
        mails,
    })
}

fn release(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let (id, _) = owned(request)?;
    let reply = idempotency::write_control(request, |tx| {
        service::release(tx, id)?;
        Ok(Reply::nothing())
    })?;
    crate::jobs::ask(&request.app, &crate::mail::jobs::DELIVER, None)?;
    Ok(reply)
}
