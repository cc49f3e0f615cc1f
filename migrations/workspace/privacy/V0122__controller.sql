-- Who answers for the data of a workspace, and who looks after it (GDPR Art. 13(1)(a) and (b)). Stands in the public
-- notice, in copies of people's data and in letters.
CREATE TABLE controller (
    id          INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id = 1),
    name        TEXT NOT NULL DEFAULT '',
    address     TEXT NOT NULL DEFAULT '',
    email       TEXT NOT NULL DEFAULT '',
    dpo_name    TEXT NOT NULL DEFAULT '',
    dpo_email   TEXT NOT NULL DEFAULT '',
    updated_by  INTEGER,
    updated_at  INTEGER NOT NULL
) STRICT;
