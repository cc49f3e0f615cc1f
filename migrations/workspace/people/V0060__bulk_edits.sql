-- One edit of many records: what is to be done to which, and how far it is.
CREATE TABLE bulk_edits (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    object        TEXT NOT NULL,
    action        TEXT NOT NULL,                 -- tag, untag, assign, archive, unarchive, delete, set
    field         TEXT NOT NULL DEFAULT '',      -- of the action set
    argument      TEXT NOT NULL DEFAULT '',      -- the tag, the owner's id, the value
    record_ids    BLOB NOT NULL,                 -- the records as the list was when it was asked for, 8 bytes each, big-endian
    reach         TEXT NOT NULL,                 -- JSON: whose records the asker may see, edit, assign, delete
    state         TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled')),
    total         INTEGER NOT NULL,
    done          INTEGER NOT NULL DEFAULT 0,    -- records looked at; a resumed run begins after them
    changed       INTEGER NOT NULL DEFAULT 0,
    left_out      INTEGER NOT NULL DEFAULT 0,    -- gone, not the asker's to change, or against a rule
    fault         TEXT NOT NULL DEFAULT '',      -- the rule that was broken last
    is_cancelled  INTEGER NOT NULL DEFAULT 0,    -- somebody asked it to stop
    change_id     INTEGER,                       -- the way back
    created_by    INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    finished_at   INTEGER
) STRICT;
CREATE INDEX bulk_edits_running ON bulk_edits (id) WHERE state = 'running';
CREATE INDEX bulk_edits_by_age ON bulk_edits (created_at);
