-- Copies of all that is held of one person, sealed beside the database (GDPR Art. 15 and 20). The file goes after
-- seven days, with its key; the row says for a while longer that there was one.
CREATE TABLE access_packages (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    person_kind   TEXT NOT NULL,                -- contact, …
    person_id     INTEGER NOT NULL,
    request_id    INTEGER,                      -- the request it answers; NULL: a member asked for it
    state         TEXT NOT NULL CHECK (state IN ('building', 'ready', 'taken', 'expired', 'failed')),
    released_at   INTEGER,                      -- NULL: the checks of its request are not done yet
    step          INTEGER NOT NULL DEFAULT 0,   -- steps of the build that are done
    steps         INTEGER NOT NULL DEFAULT 0,
    items         INTEGER NOT NULL DEFAULT 0,
    files         INTEGER NOT NULL DEFAULT 0,
    damaged       INTEGER NOT NULL DEFAULT 0,   -- files that could not be read
    redacted      INTEGER NOT NULL DEFAULT 0,   -- places where others are named
    object        BLOB,                         -- the sealed file's random name
    sealed_key    BLOB,                         -- its key, under the workspace's
    key_version   INTEGER NOT NULL DEFAULT 0,
    size          INTEGER NOT NULL DEFAULT 0,
    sha256        BLOB,
    link_hash     BLOB UNIQUE,                  -- of the one link that opens it without an account
    created_by    INTEGER,
    created_at    INTEGER NOT NULL,
    ready_at      INTEGER,
    taken_at      INTEGER,
    expires_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX access_packages_by_person ON access_packages (person_kind, person_id);
CREATE INDEX access_packages_building ON access_packages (id) WHERE state = 'building';
CREATE INDEX access_packages_by_expiry ON access_packages (expires_at);
