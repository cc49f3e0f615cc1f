-- The history holds lines about any kind of record, and every line of it: notes stand in it too, so that
-- a long history is read page by page in one order. A record that comes in still writes nothing here.
CREATE TABLE timeline_before AS SELECT id, on_type, on_id, at, kind, fields, version, member_id FROM timeline_entries;
DROP TABLE timeline_entries;
CREATE TABLE timeline_entries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type     TEXT NOT NULL,                  -- contact, company, or what a later module has
    on_id       INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    kind        TEXT NOT NULL,                  -- declared by the modules: changed, noted, …
    fields      TEXT NOT NULL DEFAULT '',       -- names of fields, separated by commas; never values
    version     INTEGER NOT NULL DEFAULT 0,     -- of the record, once this had happened; 0: it has no part in it
    about_type  TEXT,                           -- what else the line is about: a note, a file
    about_id    INTEGER,
    member_id   INTEGER                         -- who did it; NULL for a job
) STRICT;
INSERT INTO timeline_entries (id, on_type, on_id, at, kind, fields, version, member_id)
SELECT id, on_type, on_id, at, kind, fields, version, member_id FROM timeline_before ORDER BY id;
DROP TABLE timeline_before;
INSERT INTO timeline_entries (on_type, on_id, at, kind, about_type, about_id, member_id)
SELECT on_type, on_id, created_at, 'noted', 'note', id, created_by FROM notes ORDER BY id;
CREATE INDEX timeline_entries_by_record ON timeline_entries (on_type, on_id, at, id, kind);
CREATE INDEX timeline_entries_by_subject ON timeline_entries (about_type, about_id) WHERE about_id IS NOT NULL;

CREATE TRIGGER notes_deleted_from_history AFTER DELETE ON notes BEGIN
    DELETE FROM timeline_entries WHERE about_type = 'note' AND about_id = old.id;
END;

-- Whom a note names. In its words each stands as a mark with the member's id, so a new name shows everywhere.
CREATE TABLE mentions (
    note_id    INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
    member_id  INTEGER NOT NULL,
    PRIMARY KEY (note_id, member_id)
) STRICT, WITHOUT ROWID;

-- What members are told. Holds no names: the record is looked up, and asked for, when it is shown.
CREATE TABLE notifications (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    member_id   INTEGER NOT NULL,               -- who is told
    kind        TEXT NOT NULL,                  -- declared by the modules: mentioned, assigned, …
    about_type  TEXT NOT NULL,
    about_id    INTEGER NOT NULL,
    note_id     INTEGER REFERENCES notes (id) ON DELETE CASCADE,
    actor_id    INTEGER,                        -- the member who caused it; NULL for a job
    count       INTEGER NOT NULL DEFAULT 1,     -- more than one: about so many records of this kind
    in_app      INTEGER NOT NULL,
    mail        TEXT NOT NULL CHECK (mail IN ('never', 'soon', 'daily')),
    at          INTEGER NOT NULL,
    read_at     INTEGER
) STRICT;
CREATE INDEX notifications_by_member ON notifications (member_id, id);
CREATE INDEX notifications_unread ON notifications (member_id, id) WHERE in_app = 1 AND read_at IS NULL;
CREATE INDEX notifications_to_mail ON notifications (member_id, mail, id) WHERE mail <> 'never';
CREATE INDEX notifications_by_record ON notifications (about_type, about_id);
CREATE INDEX notifications_by_note ON notifications (note_id) WHERE note_id IS NOT NULL;
CREATE INDEX notifications_by_time ON notifications (at);

CREATE TRIGGER contacts_deleted_notifications AFTER DELETE ON contacts BEGIN
    DELETE FROM notifications WHERE about_type = 'contact' AND about_id = old.id AND count = 1;
END;
CREATE TRIGGER companies_deleted_notifications AFTER DELETE ON companies BEGIN
    DELETE FROM notifications WHERE about_type = 'company' AND about_id = old.id AND count = 1;
END;

-- What a member chose to hear of, and how. Absent: as the module says.
CREATE TABLE notification_settings (
    member_id   INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    in_app      INTEGER NOT NULL,
    mail        TEXT NOT NULL CHECK (mail IN ('never', 'soon', 'daily')),
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (member_id, kind)
) STRICT, WITHOUT ROWID;

-- The hour of the daily mail on the member's own clock. Absent: eight in the morning.
CREATE TABLE digest_hours (
    member_id  INTEGER PRIMARY KEY,
    hour       INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23)
) STRICT;
