-- One row for each workspace. Its content is in its own file, under its own key.
CREATE TABLE workspaces (
    id          BLOB PRIMARY KEY,             -- 16 random bytes; the name of its folder
    slug        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'read_only', 'deleting', 'deleted')),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Facts about the installation itself: the highest keyring sequence seen, the setup state.
CREATE TABLE installation (
    key    TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT;
