-- Deleted records, whole, until somebody brings them back or their time is over. Nothing else holds them:
-- no list, no search, no export.
CREATE TABLE trash (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type     TEXT NOT NULL,
    on_id       INTEGER NOT NULL,
    name        TEXT NOT NULL,
    owner_id    INTEGER,                       -- as it was: says who sees it here
    image       TEXT NOT NULL,                 -- JSON: people/images
    deleted_by  INTEGER,
    deleted_at  INTEGER NOT NULL,
    UNIQUE (on_type, on_id)
) STRICT;
CREATE INDEX trash_by_age ON trash (deleted_at);
