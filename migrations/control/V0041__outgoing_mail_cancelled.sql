-- A mail can be cancelled. A CHECK is changed by writing the table anew; ids go on where they were.
CREATE TABLE outgoing_mail_anew (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id     BLOB REFERENCES workspaces (id) ON DELETE CASCADE,     -- NULL: about the installation
    account_id       INTEGER REFERENCES accounts (id) ON DELETE CASCADE,    -- NULL: to somebody without an account yet
    purpose          TEXT NOT NULL,             -- which of the program's mails this is: sign_in_link, invitation, …
    recipient        TEXT,                      -- one address; NULL 30 days after the mail was written
    title            TEXT,                      -- the mail's subject line; goes with the recipient
    body_text        TEXT,                      -- NULL once it is sent, cancelled or past discard_after
    body_html        TEXT,
    message_id       TEXT NOT NULL UNIQUE,      -- the same for every attempt, so that a second copy is recognised
    state            TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'kept', 'cancelled')),
    attempts         INTEGER NOT NULL DEFAULT 0,
    next_attempt_at  INTEGER,                   -- while sending: when the attempt counts as dead
    give_up_at       INTEGER NOT NULL,
    last_error       TEXT NOT NULL DEFAULT '',  -- the server's words; may repeat the address
    created_at       INTEGER NOT NULL,
    sent_at          INTEGER,
    discard_after    INTEGER NOT NULL           -- when the body goes, sent or not: 24 h when it holds a link or a code
) STRICT;
INSERT INTO outgoing_mail_anew
    SELECT id, workspace_id, account_id, purpose, recipient, title, body_text, body_html, message_id, state, attempts,
           next_attempt_at, give_up_at, last_error, created_at, sent_at, discard_after
    FROM outgoing_mail;
DELETE FROM sqlite_sequence WHERE name = 'outgoing_mail_anew';
INSERT INTO sqlite_sequence (name, seq) SELECT 'outgoing_mail_anew', seq FROM sqlite_sequence WHERE name = 'outgoing_mail';
DROP TABLE outgoing_mail;
ALTER TABLE outgoing_mail_anew RENAME TO outgoing_mail;
CREATE INDEX outgoing_mail_due ON outgoing_mail (next_attempt_at) WHERE state IN ('queued', 'sending');
CREATE INDEX outgoing_mail_by_time ON outgoing_mail (created_at);
CREATE INDEX outgoing_mail_by_account ON outgoing_mail (account_id) WHERE account_id IS NOT NULL;
