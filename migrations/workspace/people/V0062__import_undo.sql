-- The change by which an import can be taken back. Empty for one that has written nothing, and once the change
-- is forgotten.
ALTER TABLE imports ADD COLUMN change_id INTEGER REFERENCES changes (id) ON DELETE SET NULL;
CREATE INDEX imports_by_change ON imports (change_id) WHERE change_id IS NOT NULL;

-- Finding the run that a record lies in, when the import that made it changes it again.
CREATE INDEX change_ranges_by_first ON change_ranges (change_id, made, first_id);
