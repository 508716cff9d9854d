ALTER TABLE pushes RENAME COLUMN lease TO claim;

CREATE TABLE hurried_claims (
    claim        TEXT      NOT NULL PRIMARY KEY,
    store        TEXT      NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    behind_since TIMESTAMP NOT NULL,
    due_at       TIMESTAMP NOT NULL,
    listings     TEXT      NOT NULL
);
