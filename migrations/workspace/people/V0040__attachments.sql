-- Files on records. The content lies sealed in the workspace's folder; without its row, which holds the key,
-- nobody can read it, in no copy.
CREATE TABLE attachments (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type      TEXT NOT NULL,                -- contact, company: what kind of record
    on_id        INTEGER NOT NULL,
    name         TEXT NOT NULL,
    media_type   TEXT NOT NULL,                -- by content, from a list
    size         INTEGER NOT NULL,             -- plain bytes
    sha256       BLOB NOT NULL,                -- over the plain bytes
    object       BLOB NOT NULL UNIQUE,         -- the file's random name; also its part of an address
    preview      BLOB,                         -- the same of a small picture of it, under the same key
    sealed_key   BLOB NOT NULL,                -- the file's own key, under the workspace's
    key_version  INTEGER NOT NULL,             -- of the workspace's key
    created_by   INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    version      INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX attachments_by_record ON attachments (on_type, on_id);
CREATE UNIQUE INDEX attachments_by_preview ON attachments (preview) WHERE preview IS NOT NULL;

-- What all of them take up, kept by triggers: the quota is asked for with every file.
CREATE TABLE attachment_totals (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    files  INTEGER NOT NULL,
    bytes  INTEGER NOT NULL
) STRICT;
INSERT INTO attachment_totals (id, files, bytes) VALUES (1, 0, 0);

-- Files whose row is gone, so that their key is: they are removed right after the commit, or by the job
-- when something came between. While a deletion of their record can be taken back they stay.
CREATE TABLE attachment_remains (
    object   BLOB PRIMARY KEY,
    on_type  TEXT NOT NULL,
    on_id    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE attachment_search USING fts5 (
    name, content = 'attachments', content_rowid = 'id', prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO attachment_search (attachment_search, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER attachments_inserted AFTER INSERT ON attachments BEGIN
    INSERT INTO attachment_search (rowid, name) VALUES (new.id, new.name);
    UPDATE attachment_totals SET files = files + 1, bytes = bytes + new.size;
    -- A deletion was taken back.
    DELETE FROM attachment_remains WHERE object = new.object OR object = new.preview;
END;
CREATE TRIGGER attachments_deleted AFTER DELETE ON attachments BEGIN
    INSERT INTO attachment_search (attachment_search, rowid, name) VALUES ('delete', old.id, old.name);
    UPDATE attachment_totals SET files = files - 1, bytes = bytes - old.size;
    INSERT INTO attachment_remains (object, on_type, on_id)
    SELECT value, old.on_type, old.on_id FROM (SELECT old.object AS value UNION ALL SELECT old.preview) WHERE value IS NOT NULL;
    -- The columns come with the history of V0045; until then there are no files.
    DELETE FROM timeline_entries WHERE about_type IN ('contact_attachment', 'company_attachment') AND about_id = old.id;
END;
CREATE TRIGGER attachments_renamed AFTER UPDATE OF name ON attachments WHEN old.name <> new.name BEGIN
    INSERT INTO attachment_search (attachment_search, rowid, name) VALUES ('delete', old.id, old.name);
    INSERT INTO attachment_search (rowid, name) VALUES (new.id, new.name);
END;

-- Whatever deletes a record takes its files.
CREATE TRIGGER attachments_of_contacts AFTER DELETE ON contacts BEGIN
    DELETE FROM attachments WHERE on_type = 'contact' AND on_id = old.id;
END;
CREATE TRIGGER attachments_of_companies AFTER DELETE ON companies BEGIN
    DELETE FROM attachments WHERE on_type = 'company' AND on_id = old.id;
END;
