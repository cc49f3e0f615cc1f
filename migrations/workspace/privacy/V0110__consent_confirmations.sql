-- Mails that ask somebody to confirm a yes: the second step of a double opt-in. The link itself is stored nowhere; it
-- follows from the row and a key of the workspace.
CREATE TABLE consent_confirmations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id      INTEGER NOT NULL REFERENCES consent_events (id) ON DELETE CASCADE,   -- the yes
    asked_at      INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    address_hash  BLOB,                          -- keyed hash of the address that the mail goes to
    message_id    TEXT NOT NULL DEFAULT '',      -- chosen before the mail is queued, so that it is queued once
    mail_id       INTEGER,                       -- in control.db; NULL while it waits
    used_at       INTEGER,
    stopped_at    INTEGER                        -- no mail may go, or the yes was taken back
) STRICT;
CREATE INDEX consent_confirmations_by_event ON consent_confirmations (event_id);
CREATE INDEX consent_confirmations_waiting ON consent_confirmations (id) WHERE mail_id IS NULL AND stopped_at IS NULL;

-- The words of those mails in each language, version by version; the newest is in use.
CREATE TABLE confirmation_wordings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    language    TEXT NOT NULL,                   -- a language tag in lower case
    title       TEXT NOT NULL,                   -- empty: the language is not offered any more
    body        TEXT NOT NULL,
    member_id   INTEGER,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX confirmation_wordings_by_language ON confirmation_wordings (language, id);
