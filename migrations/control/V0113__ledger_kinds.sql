-- A restore must also know what was taken back since the backup: a restriction that ended, an objection.
DROP TRIGGER erasure_ledger_stays;
DROP TRIGGER erasure_ledger_is_kept;
ALTER TABLE erasure_ledger RENAME TO erasure_ledger_before;
CREATE TABLE erasure_ledger (
    workspace_id  BLOB NOT NULL,
    position      INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('erase', 'restrict', 'restriction_lifted', 'object', 'objection_lifted', 'unsubscribe', 'consent_withdrawn', 'workspace_purged')),
    phase         TEXT NOT NULL CHECK (phase IN ('begun', 'done')),
    subject_kind  TEXT NOT NULL,
    subject_ids   TEXT NOT NULL,             -- JSON: numbers of rows
    detail        TEXT NOT NULL,             -- JSON that names nobody: what else a restore must know
    pseudonyms    TEXT NOT NULL,             -- JSON: HMACs of addresses and numbers
    previous      BLOB NOT NULL,
    hash          BLOB NOT NULL,
    PRIMARY KEY (workspace_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO erasure_ledger SELECT * FROM erasure_ledger_before;
DROP TABLE erasure_ledger_before;
CREATE TRIGGER erasure_ledger_stays BEFORE UPDATE ON erasure_ledger BEGIN
    SELECT RAISE(ABORT, 'an entry of the erasure ledger never changes');
END;
CREATE TRIGGER erasure_ledger_is_kept BEFORE DELETE ON erasure_ledger BEGIN
    SELECT RAISE(ABORT, 'an entry of the erasure ledger is never deleted');
END;
