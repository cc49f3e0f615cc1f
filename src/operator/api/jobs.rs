//! `/api/v1/operator/jobs`: what runs by itself, its runs, running it now and ending a run.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::moment;
use crate::app::App;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::{self, JobState, RunRecord};
use crate::members::wire::{Collection, PAGING, Paging};
use crate::operator::{jobs as console, workspaces};
use crate::permission::OperatorScope;
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::OperatorProgram(OperatorScope::ViewJobs);
const MANAGE: Access = Access::OperatorProgram(OperatorScope::ManageJobs);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/operator/jobs", VIEW, list).api(&LIST),
    Route::get("/api/v1/operator/jobs/{id}", VIEW, show).api(&SHOW),
    Route::get("/api/v1/operator/jobs/{id}/runs", VIEW, runs).api(&RUNS),
    Route::post("/api/v1/operator/jobs/{id}/run", MANAGE, run).api(&RUN),
    Route::post("/api/v1/operator/jobs/{id}/cancel", MANAGE, cancel).api(&CANCEL),
];

const LIST: Operation = Operation {
    summary: "Lists the jobs: each once for the installation or once in each workspace.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<OperatorJob>>),
};
const SHOW: Operation = Operation {
    summary: "Gives a job with its last run.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<OperatorJob>),
};
const RUNS: Operation = Operation {
    summary: "Lists the runs of a job, newest first. They are kept 30 days.",
    query: PAGING,
    request: None,
    status: 200,
    response: Some(schema::<Collection<OperatorJobRun>>),
};
const RUN: Operation = Operation {
    summary: "Asks for a run of the job as soon as a place is free.",
    query: &[],
    request: None,
    status: 202,
    response: Some(schema::<OperatorJob>),
};
const CANCEL: Operation = Operation {
    summary: "Ends the run under way after the step at hand, or puts off a run that is due.",
    query: &[],
    request: None,
    status: 202,
    response: Some(schema::<OperatorJob>),
};

/// A job in one place.
#[derive(Serialize, JsonSchema)]
struct OperatorJob {
    id: i64,
    name: String,
    /// What it does, in one sentence; empty for a job that this program does not know any more.
    purpose: String,
    /// When it is due, in words.
    schedule: String,
    /// Null for a job of the installation.
    workspace: Option<String>,
    /// `waiting` or `running`.
    state: String,
    /// Null: only when asked for.
    next_run_at: Option<String>,
    started_at: Option<String>,
    /// How far the run under way is.
    progress: String,
    /// Failed runs in a row.
    failures: i64,
    last_run: Option<OperatorJobRun>,
}

/// A run that has ended.
#[derive(Serialize, JsonSchema)]
struct OperatorJobRun {
    id: i64,
    started_at: String,
    finished_at: String,
    /// `done`, `failed` or `interrupted`.
    outcome: String,
    error: String,
}

impl From<&RunRecord> for OperatorJobRun {
    fn from(run: &RunRecord) -> OperatorJobRun {
        OperatorJobRun {
            id: run.id,
            started_at: run.started_at.rfc3339(),
            finished_at: run.finished_at.rfc3339(),
            outcome: run.outcome.clone(),
            error: run.error.clone(),
        }
    }
}

fn wire(app: &App, slugs: &HashMap<WorkspaceId, String>, last: Option<&RunRecord>, job: JobState) -> OperatorJob {
    let known = console::known(app, &job.name);
    OperatorJob {
        id: job.id,
        purpose: known.map_or_else(String::new, |known| known.purpose.to_owned()),
        schedule: known.map_or_else(String::new, |known| console::rhythm(known.schedule)),
        workspace: job.workspace.and_then(|id| slugs.get(&id).cloned()),
        state: if job.is_running { "running" } else { "waiting" }.into(),
        next_run_at: moment(job.next_run_at),
        started_at: moment(job.started_at.filter(|_| job.is_running)),
        progress: job.progress,
        failures: job.failures,
        last_run: last.map(OperatorJobRun::from),
        name: job.name,
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let (states, runs, slugs) =
        request.read_control(|db| Ok((jobs::list(db)?, jobs::last_runs(db)?, workspaces::slugs(db)?)))?;
    let runs: HashMap<(&str, Option<WorkspaceId>), &RunRecord> =
        runs.iter().map(|run| ((run.name.as_str(), run.workspace), run)).collect();
    let wire = |job: JobState| {
        let last = runs.get(&(job.name.as_str(), job.workspace)).copied();
        wire(&request.app, &slugs, last, job)
    };
    Reply::json(&paging.cut(states, |job| job.id, wire)?)
}

fn show(request: &Request) -> Result<Reply, Error> {
    Reply::json(&find(request)?)
}

fn find(request: &Request) -> Result<OperatorJob, Error> {
    let id: i64 = request.param("id")?;
    let (job, last, slugs) = request.read_control(|db| {
        let job = jobs::find(db, id)?;
        let last = jobs::runs_of(db, &job, None, 1)?;
        Ok((job, last, workspaces::slugs(db)?))
    })?;
    Ok(wire(&request.app, &slugs, last.first(), job))
}

fn runs(request: &Request) -> Result<Reply, Error> {
    let paging: Paging = request.query()?;
    let id: i64 = request.param("id")?;
    let limit = paging.limit()? + 1;
    let (runs, total) = request.read_control(|db| {
        let job = jobs::find(db, id)?;
        let total = if paging.counts() { Some(jobs::count_runs(db, &job)?) } else { None };
        Ok((jobs::runs_of(db, &job, paging.cursor(), limit)?, total))
    })?;
    let total = total.map(|total| usize::try_from(total).unwrap_or(0));
    Reply::json(&paging.page(runs, total, |run| run.id, |run| OperatorJobRun::from(&run))?)
}

fn run(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    idempotency::once(request, || {
        console::ask(request)?;
        Ok(Reply::json(&find(request)?)?.status(202))
    })
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    idempotency::once(request, || {
        console::take_back(request)?;
        Ok(Reply::json(&find(request)?)?.status(202))
    })
}
