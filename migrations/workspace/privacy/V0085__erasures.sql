-- Erasures of people: that they were asked for, how far they are, and their certificates. Names nobody: what is
-- looked for on the disk is sealed, and goes with the certificate.
CREATE TABLE erasures (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    person_kind    TEXT NOT NULL,
    person_id      INTEGER NOT NULL,
    person_ids     TEXT NOT NULL,             -- JSON: every id they ever had
    subject_hash   TEXT NOT NULL,             -- HMAC of kind and id: the same in every certificate of the person
    request_id     INTEGER,                   -- the request it answers
    state          TEXT NOT NULL CHECK (state IN ('begun', 'erased', 'held', 'done')),
    asked_by       INTEGER,
    asked_at       INTEGER NOT NULL,          -- the clock that a hold does not stop
    erased_at      INTEGER,
    finished_at    INTEGER,
    held_by        TEXT NOT NULL DEFAULT '',  -- JSON: numbers of the holds
    counts         TEXT NOT NULL DEFAULT '',  -- JSON: rows by table
    sealed_values  BLOB,                      -- what the scan looks for; gone with the certificate
    key_version    INTEGER NOT NULL DEFAULT 0,
    certificate    TEXT,
    version        INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX erasures_open ON erasures (id) WHERE state <> 'done';
CREATE INDEX erasures_by_person ON erasures (person_kind, person_id);
CREATE INDEX erasures_by_request ON erasures (request_id) WHERE request_id IS NOT NULL;
