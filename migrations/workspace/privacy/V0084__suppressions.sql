-- Addresses and numbers that must not be used or come back, as keyed hashes: the list names nobody.
CREATE TABLE suppressions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
    value_hmac  BLOB NOT NULL,             -- HMAC-SHA-256 under the workspace's blind index key
    reason      TEXT NOT NULL,             -- erased, unsubscribe, complaint, hard_bounce, objected, manual, minor
    scope       TEXT NOT NULL DEFAULT '',  -- a purpose; empty: everything
    at          INTEGER NOT NULL,
    UNIQUE (value_hmac, kind, reason, scope)
) STRICT;
