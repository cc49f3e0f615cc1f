-- What is on its way to the erasure ledger, which lies in another file: written with the change itself, and gone once
-- the ledger has it. Names nobody.
CREATE TABLE ledger_outbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT NOT NULL,
    subject_kind  TEXT NOT NULL,
    subject_ids   TEXT NOT NULL,                 -- JSON: numbers of rows
    detail        TEXT NOT NULL,                 -- JSON that names nobody
    pseudonyms    TEXT NOT NULL,                 -- JSON: HMACs of addresses and numbers
    at            INTEGER NOT NULL
) STRICT;
