-- What must stay done when a workspace comes back from a backup: erasures, restrictions, objections, withdrawals.
-- Lies outside the workspaces' files. Append-only; the entries of a workspace form a hash chain and name nobody.
CREATE TABLE erasure_ledger (
    workspace_id  BLOB NOT NULL,
    position      INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('erase', 'restrict', 'object', 'unsubscribe', 'consent_withdrawn', 'workspace_purged')),
    phase         TEXT NOT NULL CHECK (phase IN ('begun', 'done')),
    subject_kind  TEXT NOT NULL,
    subject_ids   TEXT NOT NULL,             -- JSON: numbers of rows
    detail        TEXT NOT NULL,             -- JSON that names nobody: what else a restore must know
    pseudonyms    TEXT NOT NULL,             -- JSON: HMACs of addresses and numbers
    previous      BLOB NOT NULL,
    hash          BLOB NOT NULL,
    PRIMARY KEY (workspace_id, position)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER erasure_ledger_stays BEFORE UPDATE ON erasure_ledger BEGIN
    SELECT RAISE(ABORT, 'an entry of the erasure ledger never changes');
END;
CREATE TRIGGER erasure_ledger_is_kept BEFORE DELETE ON erasure_ledger BEGIN
    SELECT RAISE(ABORT, 'an entry of the erasure ledger is never deleted');
END;
