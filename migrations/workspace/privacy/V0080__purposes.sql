-- What people's data is used for (GDPR Art. 6): each purpose with its lawful basis and the ways of reaching somebody.
CREATE TABLE purposes (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    key             TEXT NOT NULL UNIQUE,          -- its name in the API and in files
    title           TEXT NOT NULL,
    description     TEXT NOT NULL,                 -- for the team, and for the record of processing
    basis           TEXT NOT NULL CHECK (basis IN ('consent', 'contract', 'legal_obligation', 'vital_interests', 'public_task', 'legitimate_interests')),
    channels        TEXT NOT NULL,                 -- email, phone, post, divided by commas; empty: nobody is contacted
    is_marketing    INTEGER NOT NULL,              -- an objection to it is absolute (Art. 21(3))
    double_opt_in   INTEGER NOT NULL,              -- a consent counts once it is confirmed
    assessment      TEXT NOT NULL DEFAULT '',      -- why legitimate interests weigh more than the person's
    created_by      INTEGER,
    created_at      INTEGER NOT NULL,              -- 0: came with the workspace
    updated_at      INTEGER NOT NULL,
    archived_at     INTEGER,
    version         INTEGER NOT NULL DEFAULT 1
) STRICT;

-- What people read when they are asked, version by version. Nothing here ever changes: a consent points at the very
-- words that were agreed to.
CREATE TABLE purpose_wordings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose_id  INTEGER NOT NULL REFERENCES purposes (id),
    number      INTEGER NOT NULL,                  -- 1, 2, … within the purpose
    title       TEXT NOT NULL,
    text        TEXT NOT NULL,
    hash        TEXT NOT NULL,                     -- SHA-256 of title, an empty line, text; hexadecimal
    created_by  INTEGER,
    created_at  INTEGER NOT NULL,
    UNIQUE (purpose_id, number)
) STRICT;
CREATE TRIGGER purpose_wordings_stay BEFORE UPDATE ON purpose_wordings BEGIN
    SELECT RAISE(ABORT, 'a wording never changes');
END;
CREATE TRIGGER purpose_wordings_are_kept BEFORE DELETE ON purpose_wordings BEGIN
    SELECT RAISE(ABORT, 'a wording is never deleted');
END;

-- What most workspaces need, to begin with.
INSERT INTO purposes (key, title, description, basis, channels, is_marketing, double_opt_in, created_at, updated_at) VALUES
    ('newsletter', 'Newsletter', 'Sending news and offers by email, now and then.', 'consent', 'email', 1, 1, 0, 0),
    ('phone_offers', 'Offers by phone', 'Calling people about offers they may like.', 'consent', 'phone', 1, 0, 0, 0),
    ('customer_service', 'Customer service', 'Answering questions, delivering what was ordered, and keeping the agreement with the customer.', 'contract', 'email,phone,post', 0, 0, 0, 0),
    ('accounts', 'Invoices and accounts', 'Sending invoices and reminders, and keeping the books as the law asks.', 'legal_obligation', 'email,post', 0, 0, 0, 0);
INSERT INTO purpose_wordings (purpose_id, number, title, text, hash, created_at)
SELECT id, 1, title, 'Send me your newsletter by email. I can stop it at any time, with one click in every issue.', '1112c7f92da28d69ef100f5c89abecf72d54937b9eab8db3b348fb24d974cf50', 0 FROM purposes WHERE key = 'newsletter'
UNION ALL SELECT id, 1, title, 'Call me about offers. I can stop this at any time, by saying so in a call or by email.', '51a4370b71ee31ca20a33ab7dfe5455a474742810f2275f083823d8bffee4f04', 0 FROM purposes WHERE key = 'phone_offers'
UNION ALL SELECT id, 1, title, 'We write to you and call you as far as your order or agreement with us needs it.', '842f4b4f6c087ce11a0791d88019de75a68047a69a3bd7057658d953e8a76f1b', 0 FROM purposes WHERE key = 'customer_service'
UNION ALL SELECT id, 1, title, 'We send you invoices and keep them for as long as tax law asks.', 'd943c9cf4511c408323248d45b2815028b2796ca46de47b2d676190e93771269', 0 FROM purposes WHERE key = 'accounts';
