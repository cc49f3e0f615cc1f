-- An answer kept for 24 h, so that the same POST with the same Idempotency-Key happens once. It lies
-- in the workspace, under the workspace's key, because an answer may hold personal data.
CREATE TABLE idempotent_answers (
    token_id    INTEGER NOT NULL,              -- an API token, in control.db
    key_hash    BLOB NOT NULL,
    body_hash   BLOB NOT NULL,
    status      INTEGER NOT NULL,
    location    TEXT NOT NULL DEFAULT '',
    answer      BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (token_id, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
