-- API tokens of operators. They reach the operator's part of the API and /metrics, and no workspace.
CREATE TABLE operator_tokens (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id       INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name             TEXT NOT NULL,
    prefix           TEXT NOT NULL,            -- the first characters, to recognise it by
    token_hash       BLOB NOT NULL UNIQUE,     -- SHA-256; the token itself is shown once
    scopes           TEXT NOT NULL,            -- ["mail.view", …]
    allowed_networks TEXT NOT NULL DEFAULT '', -- CIDR blocks, space separated; empty: any
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    last_used_at     INTEGER,
    revoked_at       INTEGER
) STRICT;
CREATE INDEX operator_tokens_by_account ON operator_tokens (account_id);

-- What a program of the operator was answered, kept for 24 h: the same POST with the same key happens once.
-- The same shape as in a workspace's file.
CREATE TABLE idempotent_answers (
    token_id    INTEGER NOT NULL REFERENCES operator_tokens (id) ON DELETE CASCADE,
    key_hash    BLOB NOT NULL,
    body_hash   BLOB NOT NULL,
    status      INTEGER NOT NULL,
    location    TEXT NOT NULL DEFAULT '',
    answer      BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (token_id, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
