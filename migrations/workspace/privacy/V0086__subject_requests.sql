-- What people ask of us about their own data, and what came of it. A request stays when the person is
-- erased: their words go, the keyed hash and the steps stay as proof.
CREATE TABLE subject_requests (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    kind            TEXT NOT NULL,
    state           TEXT NOT NULL,
    profile         TEXT NOT NULL,                 -- whose rules the deadlines follow
    time_zone       TEXT NOT NULL,                 -- in which the last day ends
    received_at     INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,              -- fixed at receipt
    legal_due_at    INTEGER NOT NULL,              -- what the law alone says
    confirm_by      INTEGER,                       -- until when receipt is to be confirmed, where the law asks for it
    confirmed_at    INTEGER,
    extended_until  INTEGER,
    extension_reason TEXT NOT NULL DEFAULT '',
    person_type     TEXT NOT NULL DEFAULT '',
    person_id       INTEGER,                       -- NULL: nobody we know, or not found yet
    name            TEXT NOT NULL DEFAULT '',      -- as whoever asked calls themselves
    answer_to       TEXT NOT NULL DEFAULT '',      -- an email address; empty: on paper
    identity_hash   BLOB,
    channel         TEXT NOT NULL,
    words           TEXT NOT NULL DEFAULT '',      -- what they asked, as they said it
    assignee_id     INTEGER,
    ground          TEXT NOT NULL DEFAULT '',      -- of a refusal
    reason          TEXT NOT NULL DEFAULT '',
    decided_by      INTEGER,
    decided_at      INTEGER,
    done            TEXT NOT NULL DEFAULT '',      -- what was done, for the letter
    completed_at    INTEGER,
    closed_at       INTEGER,
    duplicate_of    INTEGER REFERENCES subject_requests (id),
    reminded        INTEGER NOT NULL DEFAULT 0,    -- how many of the reminders went out
    confirm_reminded INTEGER NOT NULL DEFAULT 0,
    created_by      INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    version         INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX subject_requests_by_person ON subject_requests (person_type, person_id);
CREATE INDEX subject_requests_by_hash ON subject_requests (identity_hash);
CREATE INDEX subject_requests_open ON subject_requests (due_at) WHERE closed_at IS NULL;

-- A deadline that could be moved would be none.
CREATE TRIGGER subject_requests_due_stays BEFORE UPDATE OF received_at, due_at, legal_due_at, confirm_by ON subject_requests
WHEN NEW.received_at <> OLD.received_at OR NEW.due_at <> OLD.due_at OR NEW.legal_due_at <> OLD.legal_due_at
    OR NEW.confirm_by IS NOT OLD.confirm_by
BEGIN SELECT RAISE(ABORT, 'the deadline of a request is fixed at receipt'); END;

-- Everything that happened to a request, in order.
CREATE TABLE subject_request_steps (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id      INTEGER NOT NULL REFERENCES subject_requests (id) ON DELETE CASCADE,
    step            TEXT NOT NULL,
    state           TEXT NOT NULL,                 -- after it
    about           TEXT NOT NULL DEFAULT '',      -- a word of ours: which check, which letter, which reminder
    note            TEXT NOT NULL DEFAULT '',
    member_id       INTEGER,                       -- NULL: Holdfast itself
    at              INTEGER NOT NULL
) STRICT;
CREATE INDEX subject_request_steps_by_request ON subject_request_steps (request_id);
CREATE TRIGGER subject_request_steps_stay
BEFORE UPDATE OF id, request_id, step, state, about, member_id, at ON subject_request_steps
BEGIN SELECT RAISE(ABORT, 'a step of a request stays as it was'); END;

-- Who found out what about whoever asks. The newest of each kind counts.
CREATE TABLE subject_request_checks (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id      INTEGER NOT NULL REFERENCES subject_requests (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,                 -- identity, ownership, scope
    passed          INTEGER NOT NULL,
    method          TEXT NOT NULL,
    note            TEXT NOT NULL DEFAULT '',
    member_id       INTEGER,
    at              INTEGER NOT NULL
) STRICT;
CREATE INDEX subject_request_checks_by_request ON subject_request_checks (request_id);

-- What is kept although it was asked to go, with its ground and its end.
CREATE TABLE subject_request_kept (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id      INTEGER NOT NULL REFERENCES subject_requests (id) ON DELETE CASCADE,
    item            TEXT NOT NULL,
    ground          TEXT NOT NULL,
    until           INTEGER NOT NULL,
    member_id       INTEGER,
    at              INTEGER NOT NULL
) STRICT;
CREATE INDEX subject_request_kept_by_request ON subject_request_kept (request_id);

-- What is to be corrected, field by field.
CREATE TABLE subject_request_corrections (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id      INTEGER NOT NULL REFERENCES subject_requests (id) ON DELETE CASCADE,
    field           TEXT NOT NULL,
    before          TEXT NOT NULL,
    after           TEXT NOT NULL,
    applied_at      INTEGER,
    UNIQUE (request_id, field)
) STRICT;

-- Who else has the data and was told (GDPR Art. 19).
CREATE TABLE subject_request_recipients (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id      INTEGER NOT NULL REFERENCES subject_requests (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    told_by         TEXT NOT NULL DEFAULT '',      -- how: mail, phone, letter, webhook, impossible
    told_at         INTEGER,
    member_id       INTEGER
) STRICT;
CREATE INDEX subject_request_recipients_by_request ON subject_request_recipients (request_id);
