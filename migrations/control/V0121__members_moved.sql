-- What an import added to the numbers of members: the audit log of the workspace keeps those of before, since nothing
-- in it may change.
ALTER TABLE workspaces ADD COLUMN members_moved INTEGER NOT NULL DEFAULT 0;
