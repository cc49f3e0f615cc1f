-- The first time that a session came into a workspace: there is an audit entry for it, once.
CREATE TABLE workspace_entries (
    session_id  INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    member_id   INTEGER NOT NULL REFERENCES memberships (id) ON DELETE CASCADE,
    at          INTEGER NOT NULL,
    PRIMARY KEY (session_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX workspace_entries_by_member ON workspace_entries (member_id);
