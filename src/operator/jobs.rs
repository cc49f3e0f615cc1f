//! `/operator/jobs`: what runs by itself, when it ran and when it runs next.

use askama::Template;

use super::workspaces;
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::{self, JobState, RunRecord, Schedule};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/operator/jobs", Access::Operator, list),
    Route::post("/operator/jobs/{id}/run", Access::Operator, run),
    Route::post("/operator/jobs/{id}/cancel", Access::Operator, cancel),
];

/// How many past runs the page shows.
const RUNS: i64 = 50;

#[derive(Template)]
#[template(path = "operator/jobs/list.html")]
struct List {
    rows: Vec<Row>,
    runs: Vec<Run>,
}

struct Row {
    state: JobState,
    purpose: &'static str,
    place: String,
    rhythm: String,
    last: Option<RunRecord>,
    /// The question before its run is cancelled, and where the answer goes.
    dialog: String,
    cancel: String,
}

struct Run {
    record: RunRecord,
    place: String,
    milliseconds: i64,
}

pub(super) fn rhythm(schedule: Schedule) -> String {
    match schedule {
        Schedule::EveryMinutes(1) => "Every minute".into(),
        Schedule::EveryMinutes(60) => "Every hour".into(),
        Schedule::EveryMinutes(minutes) => format!("Every {minutes} minutes"),
        Schedule::Cron(pattern) => match pattern.split(' ').collect::<Vec<_>>()[..] {
            [minute, hour, "*", "*", "*"] => format!("Every day at {hour:0>2}:{minute:0>2} UTC"),
            _ => format!("At {pattern} UTC"),
        },
        Schedule::OnDemand => "When asked for".into(),
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let (states, last_runs, runs, slugs) = request.read_control(|db| {
        Ok((jobs::list(db)?, jobs::last_runs(db)?, jobs::recent_runs(db, RUNS)?, workspaces::slugs(db)?))
    })?;
    let place = |workspace: Option<WorkspaceId>| match workspace {
        None => "Installation".to_owned(),
        Some(id) => slugs.get(&id).cloned().unwrap_or_else(|| "A deleted workspace".into()),
    };
    let rows = states
        .into_iter()
        .filter_map(|state| {
            let job = known(&request.app, &state.name)?;
            let last = last_runs.iter().find(|run| run.name == state.name && run.workspace == state.workspace).cloned();
            Some(Row {
                purpose: job.purpose,
                rhythm: rhythm(job.schedule),
                place: place(state.workspace),
                last,
                dialog: format!("cancel-{}", state.id),
                cancel: format!("/operator/jobs/{}/cancel", state.id),
                state,
            })
        })
        .collect();
    let runs = runs
        .into_iter()
        .map(|record| Run {
            place: place(record.workspace),
            milliseconds: record.finished_at.since(record.started_at),
            record,
        })
        .collect();
    request.page("Jobs", &List { rows, runs })
}

/// Brings a job's next run forward to now.
fn run(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    ask(request)?;
    Ok(Reply::see_other("/operator/jobs").toast("job-asked"))
}

/// Ends a run, or puts off one that is due.
fn cancel(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    take_back(request)?;
    Ok(Reply::see_other("/operator/jobs").toast("job-cancelled"))
}

/// The job of the address is asked to run now, and that is written to the log.
pub(super) fn ask(request: &Request) -> Result<(), Error> {
    let (job, workspace) = request.write_control(|tx| {
        let state = jobs::find(tx, request.param("id")?)?;
        let job = known(&request.app, &state.name).ok_or(Error::NotFound("job"))?;
        audit::record(tx, Event::new("operator.job.asked").on("job", state.id).detail("name", job.name))?;
        Ok((job, state.workspace))
    })?;
    jobs::ask(&request.app, job, workspace)
}

/// The run of the job of the address is cancelled, and that is written to the log.
pub(super) fn take_back(request: &Request) -> Result<(), Error> {
    request.write_control(|tx| {
        let state = jobs::find(tx, request.param("id")?)?;
        jobs::cancel(&request.app, tx, &state)?;
        let event = Event::new("operator.job.cancelled").on("job", state.id).detail("name", state.name.as_str());
        audit::record(tx, event.detail("was_running", state.is_running))
    })
}

/// The job of this name; `None` for one that an older program left in the list.
pub(super) fn known(app: &App, name: &str) -> Option<&'static jobs::Job> {
    app.modules.iter().flat_map(|module| module.jobs).copied().find(|job| job.name == name)
}

impl Row {
    fn health(&self) -> (&'static str, &'static str) {
        match (self.state.is_running, self.state.failures, &self.last) {
            (true, _, _) => ("info", "Running"),
            (_, failures, _) if failures > 0 => ("broken", "Failed"),
            (_, _, Some(_)) => ("kept", "Done"),
            _ => ("", "Not run yet"),
        }
    }

    fn last_at(&self) -> Option<Timestamp> {
        self.last.as_ref().map(|run| run.finished_at)
    }

    fn fault(&self) -> &str {
        self.last.as_ref().map_or("", |run| run.error.as_str())
    }
}

impl Run {
    fn outcome(&self) -> (&'static str, &'static str) {
        match self.record.outcome.as_str() {
            "done" => ("kept", "Done"),
            "interrupted" => ("risk", "Cut short"),
            _ => ("broken", "Failed"),
        }
    }
}
