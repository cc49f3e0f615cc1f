-- What a program asked to take out: which records, written how. The file is written while it is fetched, so no
-- copy of anybody's data lies here; the words it was narrowed by may name somebody, and go after seven days.
CREATE TABLE exports (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    object      TEXT NOT NULL CHECK (object IN ('contact', 'company')),
    format      TEXT NOT NULL CHECK (format IN ('csv', 'json')),
    q           TEXT NOT NULL,               -- as in the query of the list
    filter      TEXT NOT NULL,
    taken       INTEGER NOT NULL DEFAULT 0,  -- how often the file was fetched
    created_by  INTEGER NOT NULL,            -- the member whose program asked; nobody else may fetch it
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX exports_by_member ON exports (created_by, id);
CREATE INDEX exports_by_expiry ON exports (expires_at);
