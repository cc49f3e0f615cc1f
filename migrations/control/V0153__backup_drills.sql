-- One restore drill: a place brought back from its backups into a scratch file and compared with what was live at that
-- moment. Numbers and names of objects, and nobody.
CREATE TABLE backup_drills (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id  BLOB REFERENCES workspaces (id) ON DELETE CASCADE,  -- none: the installation itself
    started_at    INTEGER NOT NULL,
    finished_at   INTEGER NOT NULL,
    restore_ms    INTEGER NOT NULL,              -- how long the way back of the database took
    backup        INTEGER NOT NULL,              -- the number of the backup it began with
    line          TEXT NOT NULL DEFAULT '',      -- the line of segments it was brought forward on
    segment       INTEGER NOT NULL DEFAULT 0,    -- the last one that was applied
    moment        INTEGER,                       -- the newest change that came back; none when nothing did
    bytes         INTEGER NOT NULL DEFAULT 0,    -- of the database that came back
    row_count     INTEGER NOT NULL DEFAULT 0,    -- rows that were compared with what was live
    files         INTEGER NOT NULL DEFAULT 0,    -- attached files that were read
    verdict       TEXT NOT NULL CHECK (verdict IN ('ok', 'base_only', 'failed')),
    words         TEXT NOT NULL DEFAULT ''       -- what is wrong, for whoever hosts
) STRICT;
CREATE INDEX backup_drills_by_place ON backup_drills (workspace_id, id);
CREATE INDEX backup_drills_by_end ON backup_drills (finished_at);
