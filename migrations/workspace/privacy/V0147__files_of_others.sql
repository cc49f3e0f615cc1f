-- Files on others' records that held a value of the person when they were erased: a person decides about each. JSON: the
-- kind and the number of the record, and the number of the file's row; names nobody.
ALTER TABLE erasures ADD COLUMN others_files TEXT NOT NULL DEFAULT '[]';
