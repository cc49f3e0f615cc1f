//! `/api/v1/operator/drills`: every restore drill, for monitoring. What a workspace is told stands with its backups.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Drill, store};
use crate::backup::run::living;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::members::wire::{Collection, PAGING, Paging};
use crate::permission::OperatorScope;
use crate::web::{Access, Operation, Reply, Request, Route, schema};

pub const ROUTES: &[Route] =
    &[Route::get("/api/v1/operator/drills", Access::OperatorProgram(OperatorScope::ViewBackups), list).api(&LIST)];

const LIST: Operation = Operation {
    summary: "Lists restore drills of the last year by their id: what came back, how long it took, what was found.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<OperatorDrill>>),
};

/// A drill of one place.
#[derive(Serialize, JsonSchema)]
struct OperatorDrill {
    id: i64,
    /// The address of the workspace; null for the installation itself.
    workspace: Option<String>,
    started_at: String,
    finished_at: String,
    /// `ok`: what came back is what was live, row by row. `base_only`: the copy itself is whole, and nothing leads
    /// from it to what is live now. `failed`.
    verdict: &'static str,
    /// What is wrong, each thing with its object; empty when nothing is.
    fault: String,
    /// The number of the backup it began with, and the last segment that was applied.
    backup: i64,
    segment: i64,
    /// The newest change that came back.
    moment: Option<String>,
    /// How long the way back of the database took, its examination included.
    restore_ms: i64,
    bytes: i64,
    rows: i64,
    files: i64,
}

/// A drill as the owners of a workspace see it.
#[derive(Serialize, JsonSchema)]
pub struct WorkspaceDrill {
    finished_at: String,
    /// `ok`: what came back was what was live, row by row. `base_only`: the copy itself was whole. `failed`: whoever
    /// hosts the installation was told what is wrong.
    verdict: &'static str,
    /// How long the way back took.
    restore_ms: i64,
    rows: i64,
    files: i64,
}

impl WorkspaceDrill {
    pub fn of(drill: &Drill) -> WorkspaceDrill {
        WorkspaceDrill {
            finished_at: drill.finished_at.rfc3339(),
            verdict: drill.verdict.word(),
            restore_ms: drill.restore_ms,
            rows: drill.rows,
            files: drill.files,
        }
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let most = i64::try_from(paging.limit()?).unwrap_or(i64::MAX).saturating_add(1);
    let names: HashMap<_, _> = living(&request.app)?.into_iter().collect();
    let (rows, total) = request.read_control(|db| {
        let total = if paging.counts() { usize::try_from(store::count(db)?).ok() } else { None };
        Ok((store::after(db, paging.cursor().unwrap_or(0), most)?, total))
    })?;
    let wire = |drill: Drill| OperatorDrill {
        id: drill.id,
        workspace: Some(drill.place)
            .filter(|place| *place != crate::id::WorkspaceId::CONTROL)
            .map(|place| names.get(&place).cloned().unwrap_or_else(|| place.to_string())),
        started_at: drill.started_at.rfc3339(),
        finished_at: drill.finished_at.rfc3339(),
        verdict: drill.verdict.word(),
        fault: drill.words,
        backup: drill.backup,
        segment: drill.segment,
        moment: drill.moment.map(Timestamp::rfc3339),
        restore_ms: drill.restore_ms,
        bytes: drill.bytes,
        rows: drill.rows,
        files: drill.files,
    };
    Reply::json(&paging.page(rows, total, |drill| drill.id, wire)?)
}
