-- Records that went into another when two were merged. Links and programs that know the old id still find
-- the person, and so does whoever looks for them under the old name: an erasure, an import.
CREATE TABLE merged_records (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type    TEXT NOT NULL,
    on_id      INTEGER NOT NULL,                  -- the record that stayed
    lost_id    INTEGER NOT NULL,                  -- the record that went into it
    name       TEXT NOT NULL,                     -- what that one was called
    merged_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX merged_records_by_record ON merged_records (on_type, on_id);
CREATE INDEX merged_records_by_lost ON merged_records (on_type, lost_id);

-- Two records that may be the same, found by the search for duplicates.
CREATE TABLE duplicate_candidates (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type     TEXT NOT NULL,
    on_id       INTEGER NOT NULL,                 -- the older record
    other_id    INTEGER NOT NULL,
    score       INTEGER NOT NULL,                 -- 0 to 100
    reasons     TEXT NOT NULL,                    -- words: same_name, close_name, same_company, same_phone, …
    state       TEXT NOT NULL,                    -- open, dismissed
    found_at    INTEGER NOT NULL,
    decided_by  INTEGER,
    decided_at  INTEGER,
    UNIQUE (on_type, on_id, other_id)
) STRICT;
CREATE INDEX duplicate_candidates_by_score ON duplicate_candidates (on_type, state, score);
CREATE INDEX duplicate_candidates_by_other ON duplicate_candidates (on_type, other_id);

CREATE TRIGGER contacts_deleted_merging AFTER DELETE ON contacts BEGIN
    DELETE FROM merged_records WHERE on_type = 'contact' AND on_id = old.id;
    DELETE FROM duplicate_candidates WHERE on_type = 'contact' AND (on_id = old.id OR other_id = old.id);
END;
CREATE TRIGGER companies_deleted_merging AFTER DELETE ON companies BEGIN
    DELETE FROM merged_records WHERE on_type = 'company' AND on_id = old.id;
    DELETE FROM duplicate_candidates WHERE on_type = 'company' AND (on_id = old.id OR other_id = old.id);
END;
