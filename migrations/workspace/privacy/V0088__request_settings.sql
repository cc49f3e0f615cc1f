-- How the workspace works on requests of people about their data.
CREATE TABLE subject_request_settings (
    key             TEXT PRIMARY KEY,
    value           TEXT NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;
