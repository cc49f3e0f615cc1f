-- What the copy of their own data says to a person about a hold. Empty: only that data is kept under one.
ALTER TABLE legal_holds ADD COLUMN told TEXT NOT NULL DEFAULT '';
