-- What must not go while a matter is open: a dispute, an inquiry, a claim.
CREATE TABLE legal_holds (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    scope           TEXT NOT NULL CHECK (scope IN ('record', 'person', 'category', 'workspace')),
    on_type         TEXT NOT NULL DEFAULT '',   -- a kind of record or person, or a table for a single row of it
    on_id           INTEGER NOT NULL DEFAULT 0,
    category        TEXT NOT NULL DEFAULT '',   -- a table of the data map
    matter          TEXT NOT NULL,
    reason          TEXT NOT NULL,
    placed_by       INTEGER,
    placed_at       INTEGER NOT NULL,
    ends_at         INTEGER,                    -- when it ends by itself
    released_by     INTEGER,
    released_at     INTEGER,
    release_reason  TEXT NOT NULL DEFAULT '',
    version         INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX legal_holds_in_force ON legal_holds (scope, on_type, on_id) WHERE released_at IS NULL;
CREATE INDEX legal_holds_by_end ON legal_holds (released_at);
