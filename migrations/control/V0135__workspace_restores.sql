-- One workspace back to an earlier moment: asked for, under way, done. Names nobody.
CREATE TABLE workspace_restores (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id      BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    into_kind         TEXT NOT NULL CHECK (into_kind IN ('new', 'in_place')),
    until             INTEGER NOT NULL,          -- the moment that is wanted back
    from_restore      INTEGER,                   -- the state that this restore put aside, instead of a backup
    new_name          TEXT NOT NULL DEFAULT '',
    new_slug          TEXT NOT NULL DEFAULT '',
    into_id           BLOB,                      -- the workspace that was made
    asked_by          INTEGER NOT NULL,          -- the member
    asked_at          INTEGER NOT NULL,
    state             TEXT NOT NULL DEFAULT 'asked'
                      CHECK (state IN ('asked', 'working', 'switching', 'done', 'failed', 'cancelled')),
    cancel_asked      INTEGER NOT NULL DEFAULT 0,
    progress          TEXT NOT NULL DEFAULT '',
    error             TEXT NOT NULL DEFAULT '',
    report            TEXT NOT NULL DEFAULT '',  -- JSON: what was done, in numbers
    finished_at       INTEGER,
    quarantine_key    INTEGER,                   -- the version of the key of the state that was put aside
    quarantine_until  INTEGER,                   -- then it is destroyed
    quarantine_gone_at INTEGER
) STRICT;
CREATE INDEX workspace_restores_by_workspace ON workspace_restores (workspace_id, id);
CREATE INDEX workspace_restores_open ON workspace_restores (state) WHERE state IN ('asked', 'working', 'switching');
