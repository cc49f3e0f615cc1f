-- One run of the rules over this file. A run that was cut short has no end: the next one goes on with it.
CREATE TABLE retention_runs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    acted       INTEGER NOT NULL DEFAULT 0,
    held        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX retention_runs_by_end ON retention_runs (ended_at);

-- What one rule did in a run; rules that found nothing are left out.
CREATE TABLE retention_run_rules (
    run_id    INTEGER NOT NULL REFERENCES retention_runs (id) ON DELETE CASCADE,
    rule      TEXT NOT NULL,
    selected  INTEGER NOT NULL DEFAULT 0,
    acted     INTEGER NOT NULL DEFAULT 0,
    held      INTEGER NOT NULL DEFAULT 0,
    floor     INTEGER NOT NULL DEFAULT 0,
    ms        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, rule)
) STRICT, WITHOUT ROWID;
