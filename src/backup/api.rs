//! `/api/v1/operator/backups`: every backup with its hash, for monitoring. `/api/v1/backups`: the copies of one
//! workspace, for who sets it up.

use schemars::JsonSchema;
use serde::Serialize;

use super::chain::Kept;
use super::drill::{self, api::WorkspaceDrill};
use super::manifest::{Manifest, Place};
use super::{health, prune};
use crate::error::Error;
use crate::members::wire::{Collection, PAGING, Paging};
use crate::permission::{Action, Area, OperatorScope};
use crate::web::{Access, Operation, Reply, Request, Route, schema};

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/operator/backups", Access::OperatorProgram(OperatorScope::ViewBackups), list).api(&LIST),
    Route::get("/api/v1/backups", Access::may(Action::Manage, Area::Settings), copies).api(&COPIES),
];

/// Drills that are looked through for those of the copies that are kept: a year of them, and asked ones.
const DRILLS: i64 = 200;

const LIST: Operation = Operation {
    summary: "Lists the backups of the installation by their number. 503 says why the folder cannot be read.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<OperatorBackup>>),
};
const COPIES: Operation = Operation {
    summary: "Lists the copies of the workspace that are kept, by the number of their backup.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<Backup>>),
};

/// One backup of everything.
#[derive(Serialize, JsonSchema)]
struct OperatorBackup {
    number: i64,
    started_at: String,
    finished_at: String,
    /// Databases that are kept of it, and those among them that were read back whole.
    copies: usize,
    verified: usize,
    /// Places that it does not hold.
    failed: usize,
    bytes: u64,
    /// Of its manifest. The newest one is the head.
    hash: String,
}

/// A copy of the workspace.
#[derive(Serialize, JsonSchema)]
struct Backup {
    number: i64,
    /// The moment it holds.
    at: String,
    /// When it was opened again and found whole; null when it was not.
    verified_at: Option<String>,
    bytes: u64,
    files: u64,
    /// `daily`, `weekly`, `monthly`, `newest`, `future`, `unverified`; empty: it goes with the next run.
    kept_as: Vec<String>,
    /// The last drill that restored the workspace from this copy; null when there was none.
    drill: Option<WorkspaceDrill>,
}

/// What keeps the folder from being read is nothing that a program did wrong.
fn unavailable(error: Error) -> Error {
    match error {
        Error::Refused(words) => Error::Unavailable(words),
        error => error,
    }
}

fn number(manifest: &Manifest) -> i64 {
    i64::try_from(manifest.number).unwrap_or(i64::MAX)
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let chain = health::read(&request.app).map_err(unavailable)?;
    let rows: Vec<(Manifest, Kept)> = chain.manifests.into_iter().zip(chain.kept).collect();
    let wire = |(manifest, kept): (Manifest, Kept)| {
        let copies: Vec<&Place> = manifest.places.iter().filter(|copy| kept.places.contains(&copy.id)).collect();
        OperatorBackup {
            number: number(&manifest),
            started_at: manifest.started.rfc3339(),
            finished_at: manifest.finished.rfc3339(),
            copies: copies.len(),
            verified: copies.iter().filter(|copy| copy.verified.is_some()).count(),
            failed: manifest.failed.len(),
            bytes: copies.iter().map(|copy| copy.size).sum(),
            hash: kept.hash,
        }
    };
    Reply::json(&paging.cut(rows, |(manifest, _)| number(manifest), wire)?)
}

fn copies(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let app = &request.app;
    let (workspace, chain) = (
        request.member()?.workspace.id,
        health::read(app).map_err(|_| {
            // The folder's place and state are the operator's business.
            Error::Unavailable("The backups cannot be read now; whoever hosts this installation knows why.".into())
        })?,
    );
    let reasons = prune::reasons(&chain, workspace, prune::profile(app)?, request.now(), true);
    let drills = request.read_control(|db| drill::of_workspace(db, workspace, DRILLS))?;
    let rows: Vec<Backup> = chain
        .copies_of(workspace)
        .map(|(manifest, copy)| Backup {
            number: number(manifest),
            at: copy.holds_until().rfc3339(),
            verified_at: copy.verified.map(crate::clock::Timestamp::rfc3339),
            bytes: copy.size,
            files: copy.files,
            kept_as: reasons
                .get(&manifest.number)
                .into_iter()
                .flatten()
                .map(|reason| reason.word().to_owned())
                .collect(),
            drill: drills.iter().find(|drill| drill.backup == number(manifest)).map(WorkspaceDrill::of),
        })
        .collect();
    Reply::json(&paging.cut(rows, |row| row.number, |row| row)?)
}
