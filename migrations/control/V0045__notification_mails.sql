-- How far the notifications of a member have been mailed. Moved on in the transaction that queues the mail,
-- so that a crash between the workspace's file and this one never sends a notification twice.
CREATE TABLE notification_mails (
    member_id  INTEGER NOT NULL REFERENCES memberships (id) ON DELETE CASCADE,
    channel    TEXT NOT NULL CHECK (channel IN ('soon', 'daily')),
    through    INTEGER NOT NULL,                -- the highest notification that a mail has counted
    PRIMARY KEY (member_id, channel)
) STRICT, WITHOUT ROWID;
