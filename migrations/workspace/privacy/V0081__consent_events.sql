-- Everything that people said about the use of their data, and who wrote it down. Nothing here changes; what holds now
-- follows from all of it. A row outlives its person, without anything that names them: proof for three years.
CREATE TABLE consent_events (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type             TEXT NOT NULL,
    on_id               INTEGER NOT NULL,
    given_on            INTEGER NOT NULL,          -- the record it was written on, whatever that went into since
    joined_after        INTEGER,                   -- that record went into another after the event with this id
    purpose_id          INTEGER REFERENCES purposes (id),           -- NULL: all direct marketing
    wording_id          INTEGER REFERENCES purpose_wordings (id),
    action              TEXT NOT NULL CHECK (action IN ('grant', 'confirm', 'import', 'withdraw', 'object', 'lift')),
    needs_confirmation  INTEGER NOT NULL DEFAULT 0,                 -- of a grant: it counts once it is confirmed
    method              TEXT NOT NULL CHECK (method IN ('form', 'mail_link', 'admin', 'import', 'api', 'phone', 'letter', 'portal')),
    at                  INTEGER NOT NULL,          -- when they said it
    recorded_at         INTEGER NOT NULL,
    address             TEXT NOT NULL DEFAULT '',  -- of the person, when they acted themselves
    user_agent          TEXT NOT NULL DEFAULT '',
    evidence            TEXT NOT NULL DEFAULT '',  -- where the proof lies, in words
    subject_hash        BLOB,                      -- keyed hash of the address or number it was about
    member_id           INTEGER,                   -- who wrote it down; NULL: the person, or a job
    ended_at            INTEGER                    -- when the person was gone: proof is kept for three years after
) STRICT;
CREATE INDEX consent_events_by_person ON consent_events (on_type, on_id);
CREATE INDEX consent_events_by_purpose ON consent_events (purpose_id, id);
CREATE INDEX consent_events_by_subject ON consent_events (subject_hash) WHERE subject_hash IS NOT NULL;
CREATE INDEX consent_events_by_end ON consent_events (ended_at) WHERE ended_at IS NOT NULL;

CREATE TRIGGER consent_events_stay BEFORE UPDATE OF id, on_type, given_on, purpose_id, wording_id, action, needs_confirmation,
    method, at, recorded_at, subject_hash ON consent_events BEGIN
    SELECT RAISE(ABORT, 'what somebody said about their data never changes');
END;
-- Two records became one, or a merge was taken back: what is said from now on is said of both.
CREATE TRIGGER consent_events_joined AFTER UPDATE OF on_id ON consent_events WHEN old.on_id <> new.on_id BEGIN
    UPDATE consent_events SET joined_after =
        iif(new.on_id = new.given_on, NULL, (SELECT seq FROM sqlite_sequence WHERE name = 'consent_events'))
    WHERE id = new.id;
END;

-- People known to be younger than 16 (P-026).
CREATE TABLE minors (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type    TEXT NOT NULL,
    on_id      INTEGER NOT NULL,
    marked_by  INTEGER,
    marked_at  INTEGER NOT NULL,
    UNIQUE (on_type, on_id)
) STRICT;
