-- Organisations.
CREATE TABLE companies (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    sort_name    TEXT NOT NULL,                -- folded: lower case, without accents
    domain       TEXT NOT NULL DEFAULT '',     -- lower case, punycode
    street       TEXT NOT NULL DEFAULT '',
    postal_code  TEXT NOT NULL DEFAULT '',
    city         TEXT NOT NULL DEFAULT '',
    region       TEXT NOT NULL DEFAULT '',
    country      TEXT NOT NULL DEFAULT '',     -- ISO 3166-1, two letters
    owner_id     INTEGER,                      -- a member, in control.db
    source       TEXT NOT NULL DEFAULT '',
    has_email    INTEGER NOT NULL DEFAULT 0,   -- has an identity of the kind: for lists
    has_phone    INTEGER NOT NULL DEFAULT 0,
    words        TEXT NOT NULL,                -- what search finds it by, folded
    created_by   INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    archived_at  INTEGER,
    version      INTEGER NOT NULL DEFAULT 1
) STRICT;
-- One index for each way to sort or narrow a list. Sorting by creation uses the id, which grows with time.
CREATE INDEX companies_by_name ON companies (sort_name);
CREATE INDEX companies_by_update ON companies (updated_at);
CREATE INDEX companies_by_creation ON companies (created_at);
CREATE INDEX companies_by_owner ON companies (owner_id);
CREATE INDEX companies_by_domain ON companies (domain) WHERE domain <> '';
-- The few that differ from most: asking whether a record is among them costs one look at a small index.
CREATE INDEX companies_archived ON companies (id) WHERE archived_at IS NOT NULL;
CREATE INDEX companies_without_email ON companies (id) WHERE has_email = 0;
CREATE INDEX companies_without_phone ON companies (id) WHERE has_phone = 0;

-- How a company is reached. Two companies may share a switchboard, so nothing here is unique.
CREATE TABLE company_identities (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id   INTEGER NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
    value        TEXT NOT NULL,                -- as it was typed
    normalised   TEXT NOT NULL,                -- lower case with punycode, or E.164
    label        TEXT NOT NULL DEFAULT '',
    is_primary   INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    verified_at  INTEGER
) STRICT;
CREATE INDEX company_identities_by_company ON company_identities (company_id);

-- The index of words. It keeps no text of its own: deleting an entry needs the exact words that were
-- put in, and the column `words` is where they are. Words are folded before they come here
-- (people/search/words.rs), so the tokenizer has nothing to do but split them at spaces: `ascii` takes
-- every letter beyond ASCII as it is.
CREATE VIRTUAL TABLE company_search USING fts5 (
    words, content = 'companies', content_rowid = 'id', detail = none, prefix = '2 3 4 5', tokenize = 'ascii'
);
-- Deleted entries leave the index at once, not at the next merge (M4).
INSERT INTO company_search (company_search, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER companies_inserted AFTER INSERT ON companies BEGIN
    INSERT INTO company_search (rowid, words) VALUES (new.id, new.words);
    UPDATE record_counts SET live = live + (new.archived_at IS NULL), archived = archived + (new.archived_at IS NOT NULL)
    WHERE kind = 'company';
END;
CREATE TRIGGER companies_deleted AFTER DELETE ON companies BEGIN
    INSERT INTO company_search (company_search, rowid, words) VALUES ('delete', old.id, old.words);
    UPDATE record_counts SET live = live - (old.archived_at IS NULL), archived = archived - (old.archived_at IS NOT NULL)
    WHERE kind = 'company';
    DELETE FROM notes WHERE on_type = 'company' AND on_id = old.id;
    DELETE FROM timeline_entries WHERE on_type = 'company' AND on_id = old.id;
END;
CREATE TRIGGER companies_reworded AFTER UPDATE OF words ON companies WHEN old.words <> new.words BEGIN
    INSERT INTO company_search (company_search, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO company_search (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER companies_moved AFTER UPDATE OF archived_at ON companies
WHEN (old.archived_at IS NULL) <> (new.archived_at IS NULL) BEGIN
    UPDATE record_counts SET live = live + iif(new.archived_at IS NULL, 1, -1), archived = archived + iif(new.archived_at IS NULL, -1, 1)
    WHERE kind = 'company';
END;
