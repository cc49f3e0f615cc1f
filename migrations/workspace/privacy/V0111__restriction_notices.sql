-- A restriction ends some days after the person was told.
ALTER TABLE restrictions ADD COLUMN wait_days INTEGER NOT NULL DEFAULT 0;

-- The letter that tells them, as it went out.
CREATE TABLE restriction_notices (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    restriction_id  INTEGER NOT NULL REFERENCES restrictions (id) ON DELETE CASCADE,
    way             TEXT NOT NULL CHECK (way IN ('mail', 'print')),
    address         TEXT NOT NULL DEFAULT '',
    title           TEXT NOT NULL,
    body            TEXT NOT NULL,
    message_id      TEXT NOT NULL DEFAULT '',      -- chosen with the letter, so that it is queued once
    mail_id         INTEGER,                       -- in control.db; NULL while it waits, and on paper
    member_id       INTEGER,
    at              INTEGER NOT NULL
) STRICT;
CREATE INDEX restriction_notices_by_restriction ON restriction_notices (restriction_id);
