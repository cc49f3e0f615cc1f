-- What the file of an import says of consents, and a file that an export gives.
ALTER TABLE imports ADD COLUMN may_consents INTEGER NOT NULL DEFAULT 0;         -- the member may write down consents
ALTER TABLE imports ADD COLUMN consent_ground TEXT NOT NULL DEFAULT '';         -- what a yes without date or proof rests on
ALTER TABLE imports ADD COLUMN consent_reference TEXT NOT NULL DEFAULT '';      -- where that can be looked up
ALTER TABLE imports ADD COLUMN consents_taken INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN consents_refused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_errors ADD COLUMN is_remark INTEGER NOT NULL DEFAULT 0;      -- the row was taken, but not all of it
ALTER TABLE exports ADD COLUMN with_consents INTEGER NOT NULL DEFAULT 0;        -- what people said about each purpose, too
