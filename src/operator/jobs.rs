//! `/operator/jobs`: what runs by itself, when it ran and when it runs next.

use std::collections::HashMap;

use askama::Template;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::{self, JobState, RunRecord, Schedule};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/operator/jobs", Access::Operator, list),
    Route::post("/operator/jobs/{id}/run", Access::Operator, run),
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
}

struct Run {
    record: RunRecord,
    place: String,
    milliseconds: i64,
}

fn rhythm(schedule: Schedule) -> String {
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
    let (states, runs, slugs) = request.read_control(|db| {
        let slugs: Vec<(WorkspaceId, String)> =
            db.rows("SELECT id, slug FROM workspaces", &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((jobs::list(db)?, jobs::recent_runs(db, RUNS)?, slugs.into_iter().collect::<HashMap<_, _>>()))
    })?;
    let place = |workspace: Option<WorkspaceId>| match workspace {
        None => "Installation".to_owned(),
        Some(id) => slugs.get(&id).cloned().unwrap_or_else(|| "A deleted workspace".into()),
    };
    let known: HashMap<&str, &jobs::Job> =
        request.app.modules.iter().flat_map(|module| module.jobs).map(|job| (job.name, *job)).collect();
    let rows = states
        .into_iter()
        .filter_map(|state| {
            let job = known.get(state.name.as_str())?;
            let last = runs.iter().find(|run| run.name == state.name && run.workspace == state.workspace).cloned();
            Some(Row { purpose: job.purpose, rhythm: rhythm(job.schedule), place: place(state.workspace), last, state })
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
    let id: i64 = request.param("id")?;
    let state =
        request.read_control(jobs::list)?.into_iter().find(|state| state.id == id).ok_or(Error::NotFound("job"))?;
    let job = request
        .app
        .modules
        .iter()
        .flat_map(|module| module.jobs)
        .find(|job| job.name == state.name)
        .ok_or(Error::NotFound("job"))?;
    request.write_control(|tx| {
        audit::record(tx, Event::new("operator.job.asked").on("job", id).detail("name", job.name))
    })?;
    jobs::ask(&request.app, job, state.workspace)?;
    Ok(Reply::see_other("/operator/jobs").toast("job-asked"))
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
