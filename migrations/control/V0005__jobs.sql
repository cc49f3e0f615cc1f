-- What runs by itself. One row for each job and workspace; a job of the installation has no workspace.
CREATE TABLE jobs (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL,
    workspace_id   BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    state          TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running')),
    next_run_at    INTEGER,                   -- NULL: only when asked for
    started_at     INTEGER,
    progress       TEXT NOT NULL DEFAULT '',  -- what a run says of itself; never personal data
    failures       INTEGER NOT NULL DEFAULT 0 -- in a row; the back-off grows with it
) STRICT;
CREATE UNIQUE INDEX jobs_once ON jobs (name, ifnull(workspace_id, x''));
CREATE INDEX jobs_due ON jobs (next_run_at) WHERE next_run_at IS NOT NULL;

CREATE TABLE job_runs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,
    workspace_id  BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    started_at    INTEGER NOT NULL,
    finished_at   INTEGER NOT NULL,
    outcome       TEXT NOT NULL CHECK (outcome IN ('done', 'failed', 'interrupted')),
    error         TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX job_runs_by_name ON job_runs (name, workspace_id, started_at);
CREATE INDEX job_runs_by_time ON job_runs (started_at);
