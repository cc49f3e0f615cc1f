-- Changes of many records that can be taken back for seven days: an import, a bulk edit, a merge.
CREATE TABLE changes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,                 -- import, bulk, merge
    what        TEXT NOT NULL,                 -- a word of the kind's own: tag, archive, …; never a value
    object      TEXT NOT NULL,
    state       TEXT NOT NULL,                 -- done, undoing, undone
    records     INTEGER NOT NULL DEFAULT 0,    -- records it touched
    restored    INTEGER NOT NULL DEFAULT 0,    -- of them taken back so far
    kept        INTEGER NOT NULL DEFAULT 0,    -- of them left alone, because somebody changed them since
    created_by  INTEGER,
    created_at  INTEGER NOT NULL,
    undone_by   INTEGER,
    undone_at   INTEGER,
    updated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX changes_by_creation ON changes (created_at);
CREATE INDEX changes_undoing ON changes (id) WHERE state = 'undoing';

-- A record as it was before the change touched it. Goes with the change, after seven days.
CREATE TABLE change_images (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    change_id      INTEGER NOT NULL REFERENCES changes (id) ON DELETE CASCADE,
    on_type        TEXT NOT NULL,
    on_id          INTEGER NOT NULL,
    image          TEXT NOT NULL,              -- JSON: people/images
    version_after  INTEGER NOT NULL,           -- of the record, once the change had happened; 0: it was gone
    UNIQUE (change_id, on_type, on_id)
) STRICT;
CREATE INDEX change_images_by_record ON change_images (on_type, on_id);

-- Rows that the change made. An import makes them one after the other, so a run of ids says it.
CREATE TABLE change_ranges (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    change_id  INTEGER NOT NULL REFERENCES changes (id) ON DELETE CASCADE,
    made       TEXT NOT NULL,                  -- contact, company or note
    first_id   INTEGER NOT NULL,
    last_id    INTEGER NOT NULL
) STRICT;
CREATE INDEX change_ranges_by_change ON change_ranges (change_id);
