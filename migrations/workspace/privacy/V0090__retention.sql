-- How long things stay, where a workspace chose otherwise than the rule that is declared beside the table.
CREATE TABLE retention_settings (
    rule        TEXT PRIMARY KEY,              -- the key of a declared rule
    days        INTEGER NOT NULL,
    is_on       INTEGER NOT NULL,
    updated_by  INTEGER,
    updated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;
-- The term of the trash was chosen among the settings of people before.
INSERT INTO retention_settings (rule, days, is_on, updated_at)
SELECT 'trash', CAST(value AS INTEGER), 1, updated_at FROM settings WHERE key = 'trash_days';
DELETE FROM settings WHERE key = 'trash_days';

-- One run of the rules. A run that was cut short has no end: the next one goes on with it.
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
    selected  INTEGER NOT NULL DEFAULT 0,      -- rows whose time was over
    acted     INTEGER NOT NULL DEFAULT 0,      -- of them gone
    held      INTEGER NOT NULL DEFAULT 0,      -- of them kept: a hold, a restriction, an open request
    floor     INTEGER NOT NULL DEFAULT 0,      -- of them kept: the workspace asked for less than the floor
    ms        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, rule)
) STRICT, WITHOUT ROWID;
