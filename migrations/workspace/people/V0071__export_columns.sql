-- An export of a view has the columns of the view.
ALTER TABLE exports ADD COLUMN columns TEXT NOT NULL DEFAULT '';  -- keys divided by commas; empty: all
