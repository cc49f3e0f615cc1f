-- A legal hold keeps a part of an erasure: what it is, and a certificate for each time that something really went.
ALTER TABLE erasures ADD COLUMN kept TEXT NOT NULL DEFAULT '';  -- JSON: rows by table and hold

CREATE TABLE erasure_certificates (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    erasure_id  INTEGER NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
    document    TEXT NOT NULL,        -- signed; names nobody
    issued_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX erasure_certificates_by_erasure ON erasure_certificates (erasure_id);

INSERT INTO erasure_certificates (erasure_id, document, issued_at)
SELECT id, certificate, ifnull(finished_at, asked_at) FROM erasures WHERE certificate IS NOT NULL ORDER BY id;
ALTER TABLE erasures DROP COLUMN certificate;

-- What waited whole goes on: from now on only what is held waits.
UPDATE erasures SET state = 'begun', held_by = '' WHERE state = 'held';
