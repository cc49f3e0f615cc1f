//! `/api/v1/operator/backup-mirror`: how the mirror stands, for monitoring.

use schemars::JsonSchema;
use serde::Serialize;

use super::state;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::permission::OperatorScope;
use crate::web::{Access, Operation, Reply, Request, Route, schema};

pub const ROUTES: &[Route] =
    &[Route::get("/api/v1/operator/backup-mirror", Access::OperatorProgram(OperatorScope::ViewBackups), show)
        .api(&SHOW)];

const SHOW: Operation = Operation {
    summary: "Shows how the mirror of the backup folder stands. It is brought up to date by the job backup.mirror.now.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<Mirror>),
};

/// The mirror of the settings.
#[derive(Serialize, JsonSchema)]
struct Mirror {
    /// Where it lies; null when the settings name none.
    to: Option<String>,
    /// When a run last ended, well or not.
    tried_at: Option<String>,
    /// When it last held all of the backup folder.
    complete_at: Option<String>,
    /// The newest backup in it.
    backup: u64,
    objects: usize,
    bytes: u64,
    /// What the last run said went wrong.
    trouble: Option<String>,
    /// How many of how many files wait for somebody's word before they go.
    waiting: Option<String>,
    /// When every byte of it was last read back, and how many files were not whole then.
    verified_at: Option<String>,
    faults: usize,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let state = state::read(&request.app)?;
    let said = |words: &str| (!words.is_empty()).then(|| words.to_owned());
    let is_set = state.is_some();
    let state = state.unwrap_or_default();
    Reply::json(&Mirror {
        to: is_set.then_some(state.to),
        tried_at: state.tried.map(Timestamp::rfc3339),
        complete_at: state.complete.map(Timestamp::rfc3339),
        backup: state.backup,
        objects: state.objects,
        bytes: state.bytes,
        trouble: said(&state.trouble),
        waiting: said(&state.waiting),
        verified_at: state.verified.map(Timestamp::rfc3339),
        faults: state.faults,
    })
}
