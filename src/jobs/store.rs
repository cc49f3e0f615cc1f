//! The tables `jobs` and `job_runs` in `control.db`. SQL lives here and nowhere else.

use rusqlite::Row;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Db, Origin, Tx};
use crate::error::Error;
use crate::id::WorkspaceId;

/// A job as the console shows it.
#[derive(Debug, Clone)]
pub struct JobState {
    pub id: i64,
    pub name: String,
    pub workspace: Option<WorkspaceId>,
    pub is_running: bool,
    pub next_run_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub progress: String,
    /// Failed runs in a row.
    pub failures: i64,
}

/// One finished run.
#[derive(Debug, Clone)]
pub struct RunRecord {
    pub id: i64,
    pub name: String,
    pub workspace: Option<WorkspaceId>,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    /// `done`, `failed` or `interrupted`.
    pub outcome: String,
    pub error: String,
}

/// Every job, by name and workspace.
pub fn list(db: &Db) -> Result<Vec<JobState>, Error> {
    db.rows(
        "SELECT id, name, workspace_id, state, next_run_at, started_at, progress, failures
         FROM jobs ORDER BY name, workspace_id",
        &[],
        job_state,
    )
}

/// The newest runs first.
pub fn recent_runs(db: &Db, limit: i64) -> Result<Vec<RunRecord>, Error> {
    db.rows(
        "SELECT id, name, workspace_id, started_at, finished_at, outcome, error
         FROM job_runs ORDER BY id DESC LIMIT :limit",
        &[(":limit", &limit)],
        |row| {
            Ok(RunRecord {
                id: row.get("id")?,
                name: row.get("name")?,
                workspace: row.get("workspace_id")?,
                started_at: row.get("started_at")?,
                finished_at: row.get("finished_at")?,
                outcome: row.get("outcome")?,
                error: row.get("error")?,
            })
        },
    )
}

/// What is due and not running.
pub(super) fn due(db: &Db) -> Result<Vec<JobState>, Error> {
    db.rows(
        "SELECT id, name, workspace_id, state, next_run_at, started_at, progress, failures
         FROM jobs WHERE state = 'waiting' AND next_run_at <= :now ORDER BY next_run_at",
        &[(":now", &db.now)],
        job_state,
    )
}

/// When the next waiting job is due.
pub(super) fn next_due(db: &Db) -> Result<Option<Timestamp>, Error> {
    Ok(db.value::<Option<Timestamp>>("SELECT min(next_run_at) FROM jobs WHERE state = 'waiting'", &[])?.flatten())
}

/// The workspaces jobs run in.
pub(super) fn workspaces(db: &Db) -> Result<Vec<WorkspaceId>, Error> {
    db.rows("SELECT id FROM workspaces WHERE state IN ('active', 'read_only')", &[], |row| row.get(0))
}

/// Adds the row of a job that has none; leaves one that is there alone.
pub(super) fn ensure(
    tx: &Tx,
    name: &str,
    workspace: Option<WorkspaceId>,
    next: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO jobs (name, workspace_id, next_run_at) VALUES (:name, :workspace, :next) ON CONFLICT DO NOTHING",
        &[(":name", &name), (":workspace", &workspace), (":next", &next)],
    )?;
    Ok(())
}

pub(super) fn make_due(app: &App, name: &str, workspace: Option<WorkspaceId>) -> Result<(), Error> {
    let now = app.now();
    app.control.write_unaudited(now, &Origin::local(Actor::CommandLine), |tx| {
        ensure(tx, name, workspace, Some(now))?;
        tx.execute(
            "UPDATE jobs SET next_run_at = :now WHERE name = :name AND workspace_id IS :workspace
             AND (next_run_at IS NULL OR next_run_at > :now)",
            &[(":now", &now), (":name", &name), (":workspace", &workspace)],
        )?;
        Ok(())
    })
}

pub(super) fn set_progress(app: &App, origin: &Origin, id: i64, words: &str) -> Result<(), Error> {
    app.control.write_unaudited(app.now(), origin, |tx| {
        tx.execute("UPDATE jobs SET progress = :words WHERE id = :id", &[(":words", &words), (":id", &id)])?;
        Ok(())
    })
}

/// Marks the job as running and moves its next run on; false when somebody else has just taken it.
pub(super) fn take(tx: &Tx, id: i64, next: Option<Timestamp>) -> Result<bool, Error> {
    let taken = tx.execute(
        "UPDATE jobs SET state = 'running', started_at = :now, progress = '', next_run_at = :next
         WHERE id = :id AND state = 'waiting'",
        &[(":now", &tx.now), (":next", &next), (":id", &id)],
    )?;
    Ok(taken == 1)
}

/// Writes down how a run ended. `retry` brings the next run forward after a failure.
pub(super) fn finish(
    tx: &Tx,
    job: &JobState,
    started: Timestamp,
    error: Option<&str>,
    retry: Option<Timestamp>,
) -> Result<(), Error> {
    let failures = if error.is_some() { job.failures + 1 } else { 0 };
    tx.execute(
        "UPDATE jobs SET state = 'waiting', failures = :failures, progress = '',
             next_run_at = CASE WHEN :retry IS NULL THEN next_run_at
                                WHEN next_run_at IS NULL OR next_run_at > :retry THEN :retry ELSE next_run_at END
         WHERE id = :id",
        &[(":failures", &failures), (":retry", &retry), (":id", &job.id)],
    )?;
    let outcome = if error.is_some() { "failed" } else { "done" };
    record_run(tx, job, started, outcome, error.unwrap_or(""))
}

/// Runs that the end of the last process cut short are due again at once.
pub(super) fn recover(tx: &Tx) -> Result<(), Error> {
    let cut_short = tx.rows(
        "SELECT id, name, workspace_id, state, next_run_at, started_at, progress, failures
         FROM jobs WHERE state = 'running'",
        &[],
        job_state,
    )?;
    for job in &cut_short {
        record_run(tx, job, job.started_at.unwrap_or(tx.now), "interrupted", "the process ended while it ran")?;
    }
    tx.execute("UPDATE jobs SET state = 'waiting', next_run_at = :now WHERE state = 'running'", &[(":now", &tx.now)])?;
    Ok(())
}

/// Keeps the history short: 30 days.
pub(super) fn forget_old_runs(tx: &Tx) -> Result<(), Error> {
    let before = tx.now.plus(-30 * Timestamp::DAY);
    tx.execute("DELETE FROM job_runs WHERE started_at < :before", &[(":before", &before)])?;
    Ok(())
}

fn record_run(tx: &Tx, job: &JobState, started: Timestamp, outcome: &str, error: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO job_runs (name, workspace_id, started_at, finished_at, outcome, error)
         VALUES (:name, :workspace, :started, :now, :outcome, :error)",
        &[
            (":name", &job.name),
            (":workspace", &job.workspace),
            (":started", &started),
            (":now", &tx.now),
            (":outcome", &outcome),
            (":error", &error),
        ],
    )?;
    Ok(())
}

fn job_state(row: &Row) -> rusqlite::Result<JobState> {
    Ok(JobState {
        id: row.get("id")?,
        name: row.get("name")?,
        workspace: row.get("workspace_id")?,
        is_running: row.get::<_, String>("state")? == "running",
        next_run_at: row.get("next_run_at")?,
        started_at: row.get("started_at")?,
        progress: row.get("progress")?,
        failures: row.get("failures")?,
    })
}
