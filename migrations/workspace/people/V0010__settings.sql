-- How a workspace works with people: the country of phone numbers without a code, and the like.
CREATE TABLE settings (
    key         TEXT PRIMARY KEY,
    value       TEXT NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The columns that a member chose for a list. Absent: the usual ones.
CREATE TABLE member_columns (
    member_id  INTEGER NOT NULL,
    list       TEXT NOT NULL,
    columns    TEXT NOT NULL,   -- names of columns, separated by commas
    PRIMARY KEY (member_id, list)
) STRICT, WITHOUT ROWID;

-- How many records there are, kept by triggers: counting a million rows for each page would be slow.
CREATE TABLE record_counts (
    kind      TEXT PRIMARY KEY,
    live      INTEGER NOT NULL,
    archived  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO record_counts (kind, live, archived) VALUES ('contact', 0, 0), ('company', 0, 0);
