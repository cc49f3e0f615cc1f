-- A person's sign-in to the installation. What they may do is said by their memberships.
CREATE TABLE accounts (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    email                 TEXT NOT NULL UNIQUE,        -- normalised, lower case
    display_name          TEXT NOT NULL DEFAULT '',    -- optional (P-005)
    password              TEXT,                        -- argon2id PHC string; NULL: signs in by mail only
    password_changed_at   INTEGER,
    state                 TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    is_operator           INTEGER NOT NULL DEFAULT 0,
    age_confirmed_at      INTEGER,                     -- said to be 16 or older (P-026)
    email_verified_at     INTEGER,
    time_zone             TEXT NOT NULL DEFAULT 'UTC',
    theme                 TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark')),
    shortcuts             INTEGER NOT NULL DEFAULT 1,  -- single-key shortcuts (WCAG 2.1.4)
    totp_secret           BLOB,                        -- sealed with the field key; NULL when off (P-065, P-067)
    totp_confirmed_at     INTEGER,
    totp_last_step        INTEGER,                     -- the newest step used: no code works twice
    second_factor_reminded_at INTEGER,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    last_sign_in_at       INTEGER,
    version               INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE recovery_codes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    code_hash   BLOB NOT NULL,
    used_at     INTEGER
) STRICT;
CREATE INDEX recovery_codes_by_account ON recovery_codes (account_id);

-- Only the hash of the cookie is stored. Ended sessions lose address and device after 30 days.
CREATE TABLE sessions (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash        BLOB NOT NULL UNIQUE,
    account_id        INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at        INTEGER NOT NULL,
    last_seen_at      INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,       -- absolute
    ended_at          INTEGER,
    second_factor_at  INTEGER,                -- when a second factor was shown in this session
    confirmed_at      INTEGER NOT NULL,       -- last fresh proof of who asks (step-up)
    address           TEXT,
    user_agent        TEXT,
    device            BLOB NOT NULL DEFAULT x''  -- keyed hash of browser, system and network: known, or new here?
) STRICT;
CREATE INDEX sessions_by_account ON sessions (account_id, ended_at);

-- Links and codes sent by mail, each good for one use.
CREATE TABLE one_time_secrets (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind                 TEXT NOT NULL CHECK (kind IN ('sign_in_link', 'sign_in_code', 'confirm_code', 'password_reset', 'email_change', 'setup')),
    secret_hash          BLOB NOT NULL,
    account_id           INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
    email                TEXT,                -- where it was sent; the new address of an email change
    browser_hash         BLOB,                -- a code works only in the browser that asked for it
    password_changed_at  INTEGER,             -- dies when the password has changed since
    attempts             INTEGER NOT NULL DEFAULT 0,
    created_at           INTEGER NOT NULL,
    expires_at           INTEGER NOT NULL,
    used_at              INTEGER
) STRICT;
CREATE INDEX one_time_secrets_by_hash ON one_time_secrets (secret_hash);
CREATE INDEX one_time_secrets_by_account ON one_time_secrets (account_id, kind);

-- Failed attempts, by account, by address and for all together (AUT-5). Keys are keyed hashes.
CREATE TABLE throttles (
    key           BLOB PRIMARY KEY,
    failures      INTEGER NOT NULL,
    first_at      INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
) STRICT;
