-- The audit log of the installation: accounts, sign-ins, memberships, workspaces, keys, jobs.
-- Same shape as a workspace's own log. Entries form a hash chain; `personal` and `salt` can be
-- emptied when a person is erased and the chain still verifies (keys-and-backups 2.9).
CREATE TABLE audit (
    seq           INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    actor         TEXT NOT NULL,              -- 'member:5', 'operator:1', 'job:…', 'visitor'
    action        TEXT NOT NULL,              -- module.noun.past_tense
    object        TEXT NOT NULL,              -- 'contact:7', or ''
    workspace_id  BLOB,                       -- the workspace an entry of the installation is about
    network       TEXT NOT NULL DEFAULT '',   -- the address cut to /24 or /48
    detail        TEXT NOT NULL DEFAULT '',   -- JSON without personal data
    commitment    BLOB NOT NULL,              -- HMAC-SHA-256(salt, personal)
    personal      TEXT,                       -- JSON: names, addresses, user agent; NULL once erased
    salt          BLOB,
    previous      BLOB NOT NULL,
    hash          BLOB NOT NULL
) STRICT;
CREATE INDEX audit_by_workspace ON audit (workspace_id, seq);
CREATE INDEX audit_by_action ON audit (action, seq);
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_object ON audit (object, seq) WHERE object <> '';
