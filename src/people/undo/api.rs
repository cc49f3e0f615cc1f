//! `/api/v1/changes`: changes of many records, and the way back.

use schemars::JsonSchema;
use serde::Serialize;

use super::pages::{demand_undo, may_see};
use super::{State, Told, jobs, service};
use crate::error::Error;
use crate::id::{ChangeId, MemberId};
use crate::members::directory::Directory;
use crate::people::asker;
use crate::people::list::api::Collection;
use crate::people::wire::{self, Named};
use crate::permission::{Action, Level};
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/changes", Access::Member, list).api(&Operation {
        summary: "Lists the last changes of many records: imports, bulk edits, merges.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<Collection<ChangeWire>>),
    }),
    Route::get("/api/v1/changes/{id}", Access::Member, show).api(&Operation {
        summary: "Gives a change, and how far taking it back is.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<ChangeWire>),
    }),
    Route::post("/api/v1/changes/{id}/undo", Access::Member, undo).api(&Operation {
        summary: "Takes a change back. Records that somebody changed since are left alone and counted.",
        query: &[],
        request: None,
        status: 202,
        response: Some(schema::<ChangeWire>),
    }),
];

const SHOWN: i64 = 100;

/// A change of many records.
#[derive(Serialize, JsonSchema)]
pub struct ChangeWire {
    id: ChangeId,
    version: i64,
    /// `import`, `bulk` or `merge`.
    kind: &'static str,
    /// What a bulk edit did: `tag`, `assign`, `archive`, `delete`, …
    what: String,
    /// `contact` or `company`.
    object: &'static str,
    /// `done`, `undoing` or `undone`.
    state: &'static str,
    records: i64,
    /// Records that were taken back.
    restored: i64,
    /// Records that were left alone, because somebody changed them since.
    kept: i64,
    by: Option<Named<MemberId>>,
    created_at: String,
    /// The last moment at which it can be taken back.
    undo_until: String,
    undone_at: Option<String>,
}

impl ChangeWire {
    pub fn new(told: Told, directory: &Directory) -> ChangeWire {
        ChangeWire {
            id: told.id,
            version: told.version,
            kind: told.kind.word(),
            object: told.object.word(),
            state: told.state.word(),
            records: told.records,
            restored: told.restored,
            kept: told.kept,
            by: wire::owner(directory, told.created_by),
            created_at: told.created_at.rfc3339(),
            undo_until: told.until().rfc3339(),
            undone_at: told.undone_at.filter(|_| told.state == State::Undone).map(|at| at.rfc3339()),
            what: told.what,
        }
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let directory = asker::directory(request)?;
    let me = request.member()?.id;
    let objects = crate::people::record::Object::ALL.iter();
    let all = objects.into_iter().any(|object| request.level(Action::Edit, object.area()) == Level::All);
    let told = request.read(|db| service::list(db, (!all).then_some(me), None, SHOWN))?;
    let seen = told.into_iter().filter(|told| may_see(request, told));
    let data = seen.map(|told| ChangeWire::new(told, &directory)).collect();
    Reply::json(&Collection { data, next_cursor: None, total: None, total_is_floor: None })
}

fn find(request: &Request) -> Result<Told, Error> {
    let id: ChangeId = request.param("id")?;
    let told = request.read(|db| service::get(db, id))?;
    if may_see(request, &told) { Ok(told) } else { Err(Error::NotFound("change")) }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let directory = asker::directory(request)?;
    Reply::json(&ChangeWire::new(find(request)?, &directory))
}

fn undo(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let told = find(request)?;
    demand_undo(request, &told)?;
    let directory = asker::directory(request)?;
    let reply = idempotency::write(request, |tx| {
        service::start(tx, told.id)?;
        Ok(Reply::json(&ChangeWire::new(service::get(tx, told.id)?, &directory))?.status(202))
    })?;
    crate::jobs::ask(&request.app, &jobs::RUN, Some(request.member()?.workspace_id()))?;
    Ok(reply)
}
