-- Files that were no CSV are turned into one as they arrive.
ALTER TABLE imports ADD COLUMN kind TEXT NOT NULL DEFAULT 'csv' CHECK (kind IN ('csv', 'sheet', 'cards'));
ALTER TABLE imports ADD COLUMN remark TEXT NOT NULL DEFAULT '';  -- the sheet that was read, what was left out
