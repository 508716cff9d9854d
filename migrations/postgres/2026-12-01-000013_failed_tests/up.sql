-- The latest test of each connection, if it failed: those who come later see it as well.
CREATE TABLE failed_tests (
    store   TEXT      COLLATE "C" NOT NULL PRIMARY KEY
            REFERENCES connections (store) ON DELETE CASCADE DEFERRABLE INITIALLY IMMEDIATE,
    at      TIMESTAMP NOT NULL,
    problem TEXT      COLLATE "C" NOT NULL
);
