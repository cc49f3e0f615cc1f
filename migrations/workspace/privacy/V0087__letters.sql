-- The words of letters to people who ask, version by version; the newest of a kind is in use.
CREATE TABLE letter_templates (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    kind            TEXT NOT NULL,
    title           TEXT NOT NULL,
    body            TEXT NOT NULL,
    member_id       INTEGER,
    at              INTEGER NOT NULL
) STRICT;
CREATE INDEX letter_templates_by_kind ON letter_templates (kind, id);

-- Letters as they went out.
CREATE TABLE subject_request_letters (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id      INTEGER NOT NULL REFERENCES subject_requests (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,
    way             TEXT NOT NULL,                 -- mail, print
    address         TEXT NOT NULL DEFAULT '',
    title           TEXT NOT NULL,
    body            TEXT NOT NULL,
    hash            BLOB NOT NULL,                 -- SHA-256 of title, line break, body: proves the words after they are gone
    message_id      TEXT NOT NULL DEFAULT '',      -- chosen with the letter, so that it is queued once
    mail_id         INTEGER,                       -- in control.db; NULL while it waits, and for letters on paper
    member_id       INTEGER,
    at              INTEGER NOT NULL
) STRICT;
CREATE INDEX subject_request_letters_by_request ON subject_request_letters (request_id);
CREATE INDEX subject_request_letters_waiting ON subject_request_letters (id) WHERE way = 'mail' AND mail_id IS NULL;
