-- How a workspace ends: closed, to be deleted, deleted, out of the backups. The row outlives the workspace as its
-- tombstone and names nobody.
CREATE TABLE workspace_ends (
    workspace_id        BLOB PRIMARY KEY,
    closed_at           INTEGER,             -- read only since then
    closed_until        INTEGER,             -- then it is deleted
    requested_at        INTEGER,             -- all clocks of the deletion start here
    requested_by        INTEGER,             -- the member who asked; NULL: the operator, or the end of the closing
    grace_days          INTEGER NOT NULL DEFAULT 7 CHECK (grace_days BETWEEN 0 AND 30),
    confirmed_at        INTEGER,             -- a second owner agreed: no day to cool off
    step                INTEGER NOT NULL DEFAULT 0, -- of the purge: 1 key destroyed, 2 files gone, 3 rows gone
    ring_generation     INTEGER,             -- copies of the keyring before this one still hold the key
    audit_head          BLOB,
    purged_at           INTEGER,
    backups_gone_at     INTEGER,
    key_copies_gone_at  INTEGER,
    certificate         TEXT                 -- signed; the last thing that happens
) STRICT;
