-- Files with everything in the workspace, sealed beside the database (P-086). A file goes after seven days, with its
-- key; the row says for a while longer that there was one.
CREATE TABLE workspace_exports (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    state         TEXT NOT NULL CHECK (state IN ('building', 'ready', 'taken', 'expired', 'cancelled')),
    attempt       INTEGER NOT NULL DEFAULT 0,   -- rises when what was gathered may not be kept: somebody was erased
    step          INTEGER NOT NULL DEFAULT 0,   -- tables that are written
    steps         INTEGER NOT NULL DEFAULT 0,
    rows          INTEGER NOT NULL DEFAULT 0,
    files         INTEGER NOT NULL DEFAULT 0,
    damaged       INTEGER NOT NULL DEFAULT 0,   -- files that could not be read
    object        BLOB,                         -- the sealed file's random name
    sealed_key    BLOB,                         -- its key, under the workspace's
    key_version   INTEGER NOT NULL DEFAULT 0,
    size          INTEGER NOT NULL DEFAULT 0,
    sha256        BLOB,
    link_hash     BLOB UNIQUE,                  -- of the one link that opens it without an account
    created_by    INTEGER,
    created_at    INTEGER NOT NULL,
    ready_at      INTEGER,
    told_at       INTEGER,                      -- when the owners' mail was queued
    taken_at      INTEGER,
    expires_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX workspace_exports_building ON workspace_exports (id) WHERE state = 'building';
CREATE INDEX workspace_exports_by_expiry ON workspace_exports (expires_at);
