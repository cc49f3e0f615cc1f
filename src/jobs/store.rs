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

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending<'a> {
    Done,
    /// The operator ended it before its work was done.
    Cancelled,
    /// `retry` brings the next run forward.
    Failed {
        error: &'a str,
        retry: Timestamp,
    },
}

impl Ending<'_> {
    /// The word of `job_runs.outcome`.
    pub fn outcome(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Cancelled => "interrupted",
            Ending::Failed { .. } => "failed",
        }
    }
}

const JOB: &str = "SELECT id, name, workspace_id, state, next_run_at, started_at, progress, failures FROM jobs";
const RUN: &str = "SELECT id, name, workspace_id, started_at, finished_at, outcome, error FROM job_runs";

/// Every job, by name and workspace.
pub fn list(db: &Db) -> Result<Vec<JobState>, Error> {
    db.rows(&format!("{JOB} ORDER BY name, workspace_id"), &[], job_state)
}

/// The job with this id: one name in one place.
pub fn find(db: &Db, id: i64) -> Result<JobState, Error> {
    db.row(&format!("{JOB} WHERE id = :id"), &[(":id", &id)], job_state)?.ok_or(Error::NotFound("job"))
}

/// The newest runs first.
pub fn recent_runs(db: &Db, limit: i64) -> Result<Vec<RunRecord>, Error> {
    db.rows(&format!("{RUN} ORDER BY id DESC LIMIT :limit"), &[(":limit", &limit)], run_record)
}

/// The runs of one job in its place, newest first, from below the id `before` on.
pub fn runs_of(db: &Db, job: &JobState, before: Option<i64>, limit: usize) -> Result<Vec<RunRecord>, Error> {
    let sql = format!(
        "{RUN} WHERE name = :name AND workspace_id IS :workspace AND (:before IS NULL OR id < :before)
         ORDER BY id DESC LIMIT :limit"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.rows(
        &sql,
        &[(":name", &job.name), (":workspace", &job.workspace), (":before", &before), (":limit", &limit)],
        run_record,
    )
}

/// How many runs of a job are remembered.
pub fn count_runs(db: &Db, job: &JobState) -> Result<i64, Error> {
    db.count(
        "SELECT count(*) FROM job_runs WHERE name = :name AND workspace_id IS :workspace",
        &[(":name", &job.name), (":workspace", &job.workspace)],
    )
}

/// The newest run of each job in each place, for those that have run.
pub fn last_runs(db: &Db) -> Result<Vec<RunRecord>, Error> {
    let sql = format!(
        "{RUN} WHERE id IN (SELECT (SELECT r.id FROM job_runs r WHERE r.name = j.name AND r.workspace_id IS j.workspace_id
                                    ORDER BY r.id DESC LIMIT 1) FROM jobs j)"
    );
    db.rows(&sql, &[], run_record)
}

/// For each job the end of its last good run, in the workspace where that is longest ago.
pub fn last_successes(db: &Db) -> Result<Vec<(String, Timestamp)>, Error> {
    db.rows(
        "SELECT name, min(last) FROM
             (SELECT j.name, (SELECT r.finished_at FROM job_runs r
                              WHERE r.name = j.name AND r.workspace_id IS j.workspace_id AND r.outcome = 'done'
                              ORDER BY r.id DESC LIMIT 1) AS last FROM jobs j)
         WHERE last IS NOT NULL GROUP BY name ORDER BY name",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What is due and not running.
pub(super) fn due(db: &Db) -> Result<Vec<JobState>, Error> {
    let sql = format!("{JOB} WHERE state = 'waiting' AND next_run_at <= :now ORDER BY next_run_at");
    db.rows(&sql, &[(":now", &db.now)], job_state)
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
    let origin = Origin::local(Actor::CommandLine);
    app.control.write_unaudited(app.now(), &origin, |tx| make_due_in(tx, name, workspace))
}

pub(super) fn make_due_in(tx: &Tx, name: &str, workspace: Option<WorkspaceId>) -> Result<(), Error> {
    ensure(tx, name, workspace, Some(tx.now))?;
    tx.execute(
        "UPDATE jobs SET next_run_at = :now WHERE name = :name AND workspace_id IS :workspace
         AND (next_run_at IS NULL OR next_run_at > :now)",
        &[(":now", &tx.now), (":name", &name), (":workspace", &workspace)],
    )?;
    Ok(())
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

/// Puts off a run that has not begun; false when it has.
pub(super) fn put_off(tx: &Tx, id: i64, next: Option<Timestamp>) -> Result<bool, Error> {
    let sql = "UPDATE jobs SET next_run_at = :next WHERE id = :id AND state = 'waiting'";
    Ok(tx.execute(sql, &[(":next", &next), (":id", &id)])? == 1)
}

/// Writes down how a run ended.
pub(super) fn finish(tx: &Tx, job: &JobState, started: Timestamp, ending: Ending) -> Result<(), Error> {
    let (failures, retry, error) = match ending {
        Ending::Done => (0, None, ""),
        Ending::Cancelled => (job.failures, None, "cancelled by the operator"),
        Ending::Failed { error, retry } => (job.failures + 1, Some(retry), error),
    };
    tx.execute(
        "UPDATE jobs SET state = 'waiting', failures = :failures, progress = '',
             next_run_at = CASE WHEN :retry IS NULL THEN next_run_at
                                WHEN next_run_at IS NULL OR next_run_at > :retry THEN :retry ELSE next_run_at END
         WHERE id = :id",
        &[(":failures", &failures), (":retry", &retry), (":id", &job.id)],
    )?;
    record_run(tx, job, started, ending.outcome(), error)
}

/// Runs that the end of the last process cut short are due again at once.
pub(super) fn recover(tx: &Tx) -> Result<(), Error> {
    let cut_short = tx.rows(&format!("{JOB} WHERE state = 'running'"), &[], job_state)?;
    for job in &cut_short {
        record_run(tx, job, job.started_at.unwrap_or(tx.now), "interrupted", "the process ended while it ran")?;
    }
    tx.execute("UPDATE jobs SET state = 'waiting', next_run_at = :now WHERE state = 'running'", &[(":now", &tx.now)])?;
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

fn run_record(row: &Row) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        id: row.get("id")?,
        name: row.get("name")?,
        workspace: row.get("workspace_id")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        outcome: row.get("outcome")?,
        error: row.get("error")?,
    })
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
