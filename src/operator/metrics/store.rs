//! What `/metrics` counts in `control.db`. SQL lives here; jobs and mail have their own.

use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::{self, JobState};
use crate::mail::{State, queue};

/// The states that a workspace can be in: each has its number, also when it is 0.
const STATES: [&str; 4] = ["active", "read_only", "deleting", "deleted"];

/// Counts of one moment.
pub struct Numbers {
    pub workspaces: Vec<(&'static str, i64)>,
    pub workspace_ids: Vec<WorkspaceId>,
    pub accounts: i64,
    pub sessions: i64,
    pub audit_entries: i64,
    pub mail: Vec<(State, i64)>,
    pub oldest_mail: Option<Timestamp>,
    pub jobs: Vec<JobState>,
    pub last_successes: Vec<(String, Timestamp)>,
}

/// Reads them all; a session counts while it is not idle for longer than `idle_minutes`.
pub fn read(db: &Db, idle_minutes: i64) -> Result<Numbers, Error> {
    let found: Vec<(WorkspaceId, String)> =
        db.rows("SELECT id, state FROM workspaces", &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let in_state = |state: &str| i64::try_from(found.iter().filter(|(_, found)| found == state).count()).unwrap_or(0);
    let idle_since = db.now.plus(-idle_minutes * Timestamp::MINUTE);
    let sessions =
        "SELECT count(*) FROM sessions WHERE ended_at IS NULL AND expires_at > :now AND last_seen_at > :idle";
    Ok(Numbers {
        workspaces: STATES.iter().map(|state| (*state, in_state(state))).collect(),
        accounts: db.count("SELECT count(*) FROM accounts WHERE state = 'active'", &[])?,
        sessions: db.count(sessions, &[(":now", &db.now), (":idle", &idle_since)])?,
        audit_entries: db.count("SELECT count(*) FROM audit", &[])?,
        mail: queue::counts(db)?,
        oldest_mail: queue::backlog(db)?.oldest_waiting,
        jobs: jobs::list(db)?,
        last_successes: jobs::last_successes(db)?,
        workspace_ids: found.into_iter().map(|(id, _)| id).collect(),
    })
}
