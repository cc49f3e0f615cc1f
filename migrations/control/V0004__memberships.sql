-- Roles of a workspace: five built in, and what its owners add.
CREATE TABLE roles (
    id                     INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id           BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    key                    TEXT NOT NULL,      -- owner, admin, member, viewer, privacy_officer, or custom-…
    name                   TEXT NOT NULL,
    is_builtin             INTEGER NOT NULL DEFAULT 0,
    permissions            TEXT NOT NULL,      -- {"contacts.view":"all"}
    requires_second_factor INTEGER NOT NULL DEFAULT 0,
    created_at             INTEGER NOT NULL,
    updated_at             INTEGER NOT NULL,
    version                INTEGER NOT NULL DEFAULT 1,
    UNIQUE (workspace_id, key)
) STRICT;

CREATE TABLE memberships (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,   -- the member id: owners of records point here
    workspace_id  BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role_id       INTEGER NOT NULL REFERENCES roles (id),
    state         TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'removed')),
    columns       TEXT NOT NULL DEFAULT '',            -- the columns this member chose for each list, JSON
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    version       INTEGER NOT NULL DEFAULT 1,
    UNIQUE (workspace_id, account_id)
) STRICT;
CREATE INDEX memberships_by_account ON memberships (account_id);

CREATE TABLE teams (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id  BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
) STRICT;

CREATE TABLE team_members (
    team_id    INTEGER NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    member_id  INTEGER NOT NULL REFERENCES memberships (id) ON DELETE CASCADE,
    PRIMARY KEY (team_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_by_member ON team_members (member_id);

CREATE TABLE invitations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id  BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    email         TEXT NOT NULL,
    role_id       INTEGER NOT NULL REFERENCES roles (id),
    secret_hash   BLOB NOT NULL UNIQUE,
    invited_by    INTEGER REFERENCES memberships (id) ON DELETE SET NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    accepted_at   INTEGER,
    revoked_at    INTEGER
) STRICT;
CREATE INDEX invitations_by_workspace ON invitations (workspace_id);

CREATE TABLE api_tokens (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id     BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    member_id        INTEGER NOT NULL REFERENCES memberships (id) ON DELETE CASCADE,
    name             TEXT NOT NULL,
    prefix           TEXT NOT NULL,            -- the first characters, to recognise it by
    token_hash       BLOB NOT NULL UNIQUE,     -- SHA-256; the token itself is shown once
    scopes           TEXT NOT NULL,            -- ["contacts.view", …]
    allowed_networks TEXT NOT NULL DEFAULT '', -- CIDR blocks, space separated; empty: any
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    last_used_at     INTEGER,
    revoked_at       INTEGER
) STRICT;
CREATE INDEX api_tokens_by_workspace ON api_tokens (workspace_id);
