-- Mappings that were used: the next file with the same headings is mapped by one. Holds names of columns and fields,
-- and words of choices; nothing of a row.
CREATE TABLE import_mappings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    object      TEXT NOT NULL CHECK (object IN ('contact', 'company')),
    name        TEXT NOT NULL,
    headings    TEXT NOT NULL,                 -- hash of the set of headings
    columns     TEXT NOT NULL,                 -- JSON: heading, field and treatment of each column
    uses        INTEGER NOT NULL DEFAULT 0,
    used_at     INTEGER NOT NULL,
    created_by  INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    UNIQUE (object, headings)
) STRICT;

ALTER TABLE imports ADD COLUMN treatments TEXT NOT NULL DEFAULT '{}';  -- JSON: column number → what is done to its texts
ALTER TABLE imports ADD COLUMN remembered_id INTEGER REFERENCES import_mappings (id) ON DELETE SET NULL;
ALTER TABLE imports ADD COLUMN may_companies INTEGER NOT NULL DEFAULT 0;      -- people's companies may be filled too
ALTER TABLE imports ADD COLUMN company_reach TEXT;                     -- as reach, of companies
ALTER TABLE imports ADD COLUMN on_resembling TEXT NOT NULL DEFAULT ''; -- create, skip or update; empty: not decided
ALTER TABLE imports ADD COLUMN resembling INTEGER NOT NULL DEFAULT 0;  -- rows that resemble somebody, as the check found
ALTER TABLE imports ADD COLUMN resembling_created INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN resembling_updated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN companies_created INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN companies_updated INTEGER NOT NULL DEFAULT 0;
CREATE INDEX imports_by_remembered ON imports (remembered_id) WHERE remembered_id IS NOT NULL;

-- Values of a file that are no choice of the field they would go into, to be decided before the run.
CREATE TABLE import_values (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    import_id  INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,               -- the column
    value      TEXT NOT NULL,
    rows       INTEGER NOT NULL
) STRICT;
CREATE INDEX import_values_by_import ON import_values (import_id, rows);

-- Rows that resemble somebody who is there, or an earlier row, and what becomes of each.
CREATE TABLE import_resemblances (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    import_id   INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    line        INTEGER NOT NULL,
    name        TEXT NOT NULL,                 -- as the row has it; only of the first ones, which are shown
    other_id    INTEGER,                       -- the contact; of an earlier row once that has made one
    other_line  INTEGER,                       -- the earlier row
    reasons     TEXT NOT NULL,
    decision    TEXT NOT NULL DEFAULT '',      -- create, skip or update; empty: as all
    UNIQUE (import_id, line)
) STRICT;
CREATE INDEX import_resemblances_by_other_line ON import_resemblances (import_id, other_line) WHERE other_line IS NOT NULL;
