-- People the workspace deals with.
CREATE TABLE contacts (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    given_name        TEXT NOT NULL DEFAULT '',
    family_name       TEXT NOT NULL DEFAULT '',
    display_name      TEXT NOT NULL,               -- what lists and pages show
    has_own_display   INTEGER NOT NULL DEFAULT 0,  -- 1: somebody chose it; 0: made of the names
    sort_name         TEXT NOT NULL,               -- the display name folded: lower case, without accents
    job_title         TEXT NOT NULL DEFAULT '',
    company_id        INTEGER REFERENCES companies (id) ON DELETE SET NULL,
    company_sort      TEXT NOT NULL,               -- the company's sort_name; U+10FFFF, which comes last, without one
    street            TEXT NOT NULL DEFAULT '',
    postal_code       TEXT NOT NULL DEFAULT '',
    city              TEXT NOT NULL DEFAULT '',
    region            TEXT NOT NULL DEFAULT '',
    country           TEXT NOT NULL DEFAULT '',    -- ISO 3166-1, two letters
    language          TEXT NOT NULL DEFAULT '',    -- BCP 47
    time_zone         TEXT NOT NULL DEFAULT '',    -- IANA
    owner_id          INTEGER,                     -- a member, in control.db
    source            TEXT NOT NULL DEFAULT '',    -- where the data came from
    restricted        INTEGER NOT NULL DEFAULT 0,  -- the person asked for processing to be restricted (Art. 18)
    has_email         INTEGER NOT NULL DEFAULT 0,  -- has an identity of the kind: for lists
    has_phone         INTEGER NOT NULL DEFAULT 0,
    words             TEXT NOT NULL,               -- what search finds them by, folded
    last_activity_at  INTEGER NOT NULL DEFAULT 0,  -- 0: nothing happened yet
    created_by        INTEGER,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    archived_at       INTEGER,
    version           INTEGER NOT NULL DEFAULT 1
) STRICT;
-- One index for each way to sort or narrow a list. Sorting by creation uses the id, which grows with time.
CREATE INDEX contacts_by_name ON contacts (sort_name);
CREATE INDEX contacts_by_company_name ON contacts (company_sort);
CREATE INDEX contacts_by_update ON contacts (updated_at);
CREATE INDEX contacts_by_activity ON contacts (last_activity_at);
CREATE INDEX contacts_by_creation ON contacts (created_at);
CREATE INDEX contacts_by_company ON contacts (company_id) WHERE company_id IS NOT NULL;
CREATE INDEX contacts_by_owner ON contacts (owner_id);
CREATE INDEX contacts_by_source ON contacts (source);
-- The few that differ from most: asking whether a record is among them costs one look at a small index.
CREATE INDEX contacts_archived ON contacts (id) WHERE archived_at IS NOT NULL;
CREATE INDEX contacts_without_email ON contacts (id) WHERE has_email = 0;
CREATE INDEX contacts_without_phone ON contacts (id) WHERE has_phone = 0;

-- Email addresses and phone numbers. Each belongs to one person: that is how duplicates are found.
CREATE TABLE contact_identities (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id   INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
    value        TEXT NOT NULL,                -- as it was typed
    normalised   TEXT NOT NULL,                -- lower case with punycode, or E.164
    label        TEXT NOT NULL DEFAULT '',
    is_primary   INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    verified_at  INTEGER,
    UNIQUE (normalised, kind)
) STRICT;
CREATE INDEX contact_identities_by_contact ON contact_identities (contact_id);

-- See company_search.
CREATE VIRTUAL TABLE contact_search USING fts5 (
    words, content = 'contacts', content_rowid = 'id', detail = none, prefix = '2 3 4 5', tokenize = 'ascii'
);
INSERT INTO contact_search (contact_search, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER contacts_inserted AFTER INSERT ON contacts BEGIN
    INSERT INTO contact_search (rowid, words) VALUES (new.id, new.words);
    UPDATE record_counts SET live = live + (new.archived_at IS NULL), archived = archived + (new.archived_at IS NOT NULL)
    WHERE kind = 'contact';
END;
CREATE TRIGGER contacts_deleted AFTER DELETE ON contacts BEGIN
    INSERT INTO contact_search (contact_search, rowid, words) VALUES ('delete', old.id, old.words);
    UPDATE record_counts SET live = live - (old.archived_at IS NULL), archived = archived - (old.archived_at IS NOT NULL)
    WHERE kind = 'contact';
    DELETE FROM notes WHERE on_type = 'contact' AND on_id = old.id;
    DELETE FROM timeline_entries WHERE on_type = 'contact' AND on_id = old.id;
END;
CREATE TRIGGER contacts_reworded AFTER UPDATE OF words ON contacts WHEN old.words <> new.words BEGIN
    INSERT INTO contact_search (contact_search, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO contact_search (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER contacts_moved AFTER UPDATE OF archived_at ON contacts
WHEN (old.archived_at IS NULL) <> (new.archived_at IS NULL) BEGIN
    UPDATE record_counts SET live = live + iif(new.archived_at IS NULL, 1, -1), archived = archived + iif(new.archived_at IS NULL, -1, 1)
    WHERE kind = 'contact';
END;
