-- What members write down about a person or a company.
CREATE TABLE notes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type     TEXT NOT NULL CHECK (on_type IN ('contact', 'company')),
    on_id       INTEGER NOT NULL,
    body        TEXT NOT NULL,
    created_by  INTEGER,                       -- the author
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX notes_by_record ON notes (on_type, on_id);
CREATE INDEX notes_by_creation ON notes (created_at);

CREATE VIRTUAL TABLE note_search USING fts5 (
    body, content = 'notes', content_rowid = 'id', prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO note_search (note_search, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER notes_inserted AFTER INSERT ON notes BEGIN
    INSERT INTO note_search (rowid, body) VALUES (new.id, new.body);
END;
CREATE TRIGGER notes_deleted AFTER DELETE ON notes BEGIN
    INSERT INTO note_search (note_search, rowid, body) VALUES ('delete', old.id, old.body);
END;
CREATE TRIGGER notes_changed AFTER UPDATE OF body ON notes WHEN old.body <> new.body BEGIN
    INSERT INTO note_search (note_search, rowid, body) VALUES ('delete', old.id, old.body);
    INSERT INTO note_search (rowid, body) VALUES (new.id, new.body);
END;

-- What happened to a record after it came in, newest first on its page. That it came in stands in the
-- record itself, and its notes in `notes`, so that a large import writes nothing here.
CREATE TABLE timeline_entries (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type    TEXT NOT NULL CHECK (on_type IN ('contact', 'company')),
    on_id      INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,                  -- changed, tagged, assigned, archived, unarchived, …
    fields     TEXT NOT NULL DEFAULT '',       -- names of fields, separated by commas; never values
    version    INTEGER NOT NULL,               -- of the record, once this had happened
    member_id  INTEGER                         -- who did it; NULL for a job
) STRICT;
CREATE INDEX timeline_entries_by_record ON timeline_entries (on_type, on_id);
