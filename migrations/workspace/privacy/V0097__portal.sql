-- Somebody without an account who looks at what is held about them: half an hour, in one browser.
CREATE TABLE portal_visits (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    browser_hash  BLOB NOT NULL,             -- of the cookie
    address       TEXT NOT NULL,             -- where the code went; empty with a printed code
    code_hash     BLOB NOT NULL,             -- keyed
    attempts      INTEGER NOT NULL DEFAULT 0,
    person_kind   TEXT,                      -- the person, once a printed code has shown who they are
    person_id     INTEGER,
    created_at    INTEGER NOT NULL,
    proved_at     INTEGER,                   -- NULL: the code has not come back yet
    expires_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX portal_visits_by_browser ON portal_visits (browser_hash);
CREATE INDEX portal_visits_by_person ON portal_visits (person_kind, person_id) WHERE person_id IS NOT NULL;
CREATE INDEX portal_visits_by_end ON portal_visits (expires_at);

-- Codes on paper, for people without email and sites without a connection.
CREATE TABLE portal_codes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    person_kind TEXT NOT NULL,
    person_id   INTEGER NOT NULL,
    code_hash   BLOB NOT NULL UNIQUE,        -- keyed
    created_by  INTEGER,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER
) STRICT;
CREATE INDEX portal_codes_by_person ON portal_codes (person_kind, person_id);
CREATE INDEX portal_codes_by_end ON portal_codes (expires_at);
