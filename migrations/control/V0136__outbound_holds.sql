-- A workspace came back from a backup: nothing goes out of it, and nothing is let go of by its age, until an owner has
-- looked.
CREATE TABLE outbound_holds (
    workspace_id  BLOB PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    since         INTEGER NOT NULL,
    until         INTEGER NOT NULL               -- the moment that came back
) STRICT;
