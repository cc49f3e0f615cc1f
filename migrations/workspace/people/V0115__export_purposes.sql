-- What a file is for: with a purpose, people whose data may not be used for it are left out, and counted.
ALTER TABLE exports ADD COLUMN purpose TEXT NOT NULL DEFAULT '';   -- the key of a purpose; empty: for the workspace itself
ALTER TABLE exports ADD COLUMN left_out INTEGER;                   -- of the last file; NULL: none was taken
