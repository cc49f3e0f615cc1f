-- One import of a file: what it is, how it is read, how far it is. The file itself lies sealed in
-- the workspace's folder and goes after seven days.
CREATE TABLE imports (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    object        TEXT NOT NULL CHECK (object IN ('contact', 'company')),
    mode          TEXT NOT NULL CHECK (mode IN ('create', 'update', 'create_or_update')),
    state         TEXT NOT NULL CHECK (state IN ('mapping', 'checking', 'checked', 'running', 'done', 'failed', 'cancelled')),
    file_name     TEXT NOT NULL,
    file          TEXT,                        -- name in the folder uploads; NULL once it is gone
    file_size     INTEGER NOT NULL,
    encoding      TEXT NOT NULL,
    delimiter     TEXT NOT NULL,
    has_header    INTEGER NOT NULL,
    columns       TEXT NOT NULL,               -- JSON: the headings
    mapping       TEXT NOT NULL,               -- JSON: column number → field
    reach         TEXT,                        -- whose records it may change: JSON of member ids, NULL for all
    may_assign    INTEGER NOT NULL,            -- the member may give records to others
    rows_read     INTEGER NOT NULL DEFAULT 0,  -- rows done; a resumed run begins after them
    bytes_read    INTEGER NOT NULL DEFAULT 0,
    created       INTEGER NOT NULL DEFAULT 0,
    updated       INTEGER NOT NULL DEFAULT 0,
    unchanged     INTEGER NOT NULL DEFAULT 0,
    failed        INTEGER NOT NULL DEFAULT 0,
    fault         TEXT NOT NULL DEFAULT '',    -- why it could not go on
    is_cancelled  INTEGER NOT NULL DEFAULT 0,  -- somebody asked it to stop
    created_by    INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    finished_at   INTEGER,
    version       INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX imports_by_state ON imports (state);

-- The rows that could not be taken, by line of the file. Says which field and why, never the value.
CREATE TABLE import_errors (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    import_id  INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    line       INTEGER NOT NULL,
    field      TEXT NOT NULL,
    message    TEXT NOT NULL
) STRICT;
CREATE INDEX import_errors_by_import ON import_errors (import_id, line);
