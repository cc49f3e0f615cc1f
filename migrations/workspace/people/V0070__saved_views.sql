-- Lists that members saved under a name: what narrows them, their columns and their order.
CREATE TABLE saved_views (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    object      TEXT NOT NULL CHECK (object IN ('contact', 'company')),
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL,                 -- folded: one member's views of a kind of record have names of their own
    filter      TEXT NOT NULL,                 -- a tree as JSON, as it was asked; empty: everything
    columns     TEXT NOT NULL,                 -- keys divided by commas; empty: those that each reader chose
    sort        TEXT NOT NULL,                 -- as in the address of the list; empty: by name
    sharing     TEXT NOT NULL CHECK (sharing IN ('own', 'team', 'everybody')),
    owner_id    INTEGER,                       -- a member, in control.db
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    UNIQUE (object, owner_id, name_key)
) STRICT;

-- What filters ask for and nothing led to yet.
CREATE INDEX contacts_by_city ON contacts (city);
CREATE INDEX contacts_by_country ON contacts (country);
CREATE INDEX contacts_restricted ON contacts (id) WHERE restricted = 1;
CREATE INDEX companies_by_city ON companies (city);
CREATE INDEX companies_by_country ON companies (country);
