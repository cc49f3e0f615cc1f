-- People whose data is kept and not used (GDPR Art. 18), from the demand to its end.
CREATE TABLE restrictions (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    on_type           TEXT NOT NULL,
    on_id             INTEGER NOT NULL,
    ground            TEXT NOT NULL CHECK (ground IN ('accuracy', 'unlawful', 'claims', 'objection')),
    reason            TEXT NOT NULL,               -- what they asked for, in words; for those with the right alone
    placed_by         INTEGER,
    placed_at         INTEGER NOT NULL,
    lift_reason       TEXT NOT NULL DEFAULT '',
    lifting_by        INTEGER,
    lifting_at        INTEGER,                     -- somebody wants to end it: the person must be told first
    notice_method     TEXT NOT NULL DEFAULT '' CHECK (notice_method IN ('', 'email', 'letter', 'phone', 'in_person')),
    notice_reference  TEXT NOT NULL DEFAULT '',    -- where the proof of that lies
    notified_at       INTEGER,
    lifted_by         INTEGER,
    lifted_at         INTEGER,
    version           INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX restrictions_by_person ON restrictions (on_type, on_id);
CREATE INDEX restrictions_in_force ON restrictions (id) WHERE lifted_at IS NULL;
