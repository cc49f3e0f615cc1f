-- Which pages are used, for making the product better (P-003, P-023). Per person for 90 days at most, so that a
-- total can say how many people stand behind it; nobody who switched it off, or whose browser says so, is in it.
ALTER TABLE accounts ADD COLUMN usage_counted INTEGER NOT NULL DEFAULT 1;

CREATE TABLE usage_views (
    day         INTEGER NOT NULL,                 -- its beginning in UTC, in ms since 1970
    page        TEXT NOT NULL,                    -- the route, such as /w/{slug}/people/contacts: never what was looked at
    account_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    views       INTEGER NOT NULL,
    PRIMARY KEY (day, page, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_views_by_account ON usage_views (account_id);

-- What stays: counts of at least five people, which no longer lead back to any of them.
CREATE TABLE usage_totals (
    month   INTEGER NOT NULL,                     -- months since January 1970
    page    TEXT NOT NULL,
    people  INTEGER NOT NULL CHECK (people >= 5),
    views   INTEGER NOT NULL,
    PRIMARY KEY (month, page)
) STRICT, WITHOUT ROWID;
