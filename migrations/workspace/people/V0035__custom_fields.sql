-- Fields that a workspace defines for itself. What each holds about people is part of its definition:
-- no field without saying so.
CREATE TABLE custom_fields (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    object         TEXT NOT NULL,                 -- the kind of record that has it: contact, company
    key            TEXT NOT NULL,                 -- its name in the API and in files; never changes
    label          TEXT NOT NULL,
    hint           TEXT NOT NULL DEFAULT '',
    kind           TEXT NOT NULL,                 -- text, number, choice, …; never changes
    is_required    INTEGER NOT NULL,
    default_value  TEXT NOT NULL DEFAULT '',      -- given to new records that come without a value
    is_personal    INTEGER NOT NULL,
    category       TEXT NOT NULL,                 -- of personal data; 'none' for what says nothing about a person
    currency       TEXT NOT NULL DEFAULT '',      -- of amounts that come without one (ISO 4217)
    target         TEXT NOT NULL DEFAULT '',      -- the kind of record a relation points at
    position       INTEGER NOT NULL,
    created_by     INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    archived_at    INTEGER,                       -- out of forms and lists; its values are kept
    version        INTEGER NOT NULL DEFAULT 1,
    UNIQUE (object, key)
) STRICT;

-- What can be chosen in a field of choices.
CREATE TABLE custom_field_choices (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    field_id     INTEGER NOT NULL REFERENCES custom_fields (id) ON DELETE CASCADE,
    label        TEXT NOT NULL,
    label_key    TEXT NOT NULL,                   -- folded: two choices never differ by accents or case alone
    position     INTEGER NOT NULL,
    is_retired   INTEGER NOT NULL DEFAULT 0,      -- kept where it was chosen, not offered any more
    UNIQUE (field_id, label_key)
) STRICT;

-- The values, one row for each; a field of several choices has several rows.
CREATE TABLE custom_values (
    on_type    TEXT NOT NULL,
    on_id      INTEGER NOT NULL,
    field_id   INTEGER NOT NULL REFERENCES custom_fields (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    value      TEXT NOT NULL,                     -- in the one canonical form of its kind
    sort_key   ANY NOT NULL,                      -- a number, or folded text: what lists compare
    PRIMARY KEY (on_type, on_id, field_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX custom_values_by_value ON custom_values (field_id, sort_key, on_id);

-- A record takes its values along, and what pointed at it points nowhere.
CREATE TRIGGER contacts_deleted_values AFTER DELETE ON contacts BEGIN
    DELETE FROM custom_values WHERE on_type = 'contact' AND on_id = old.id;
    DELETE FROM custom_values WHERE sort_key = old.id
        AND field_id IN (SELECT id FROM custom_fields WHERE kind = 'relation' AND target = 'contact');
END;
CREATE TRIGGER companies_deleted_values AFTER DELETE ON companies BEGIN
    DELETE FROM custom_values WHERE on_type = 'company' AND on_id = old.id;
    DELETE FROM custom_values WHERE sort_key = old.id
        AND field_id IN (SELECT id FROM custom_fields WHERE kind = 'relation' AND target = 'company');
END;
