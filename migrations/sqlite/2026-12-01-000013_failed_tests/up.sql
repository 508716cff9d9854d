-- The latest test of each connection, if it failed: those who come later see it as well.
CREATE TABLE failed_tests (
    store   TEXT      NOT NULL PRIMARY KEY REFERENCES connections (store) ON DELETE CASCADE,
    at      TIMESTAMP NOT NULL,
    problem TEXT      NOT NULL
) WITHOUT ROWID;
