-- The key that the keyed hashes of an imported workspace were made with, sealed under the workspace's own. Without it
-- nobody who was erased or who objected before the move would be known again. No row: the key follows from the
-- workspace's.
CREATE TABLE pseudonym_key (
    id           INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id = 1),
    sealed_key   BLOB NOT NULL,
    key_version  INTEGER NOT NULL
) STRICT;
