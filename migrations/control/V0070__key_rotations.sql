-- Every exchange of a key: of the master key, of a workspace's key, of the passphrase, of the recovery code.
CREATE TABLE key_rotations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT NOT NULL CHECK (kind IN ('master', 'workspace', 'passphrase', 'recovery_code', 'destroyed')),
    workspace_id  BLOB,                      -- stays when the workspace has gone
    to_version    INTEGER NOT NULL,          -- of the key; the destroyed one of 'destroyed'
    begun_at      INTEGER NOT NULL,
    ended_at      INTEGER,                   -- NULL: under way, or cut off and settled at the next start
    outcome       TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'done', 'undone'))
) STRICT;
CREATE INDEX key_rotations_by_workspace ON key_rotations (workspace_id, id);
