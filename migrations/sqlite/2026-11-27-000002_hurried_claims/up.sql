-- What a server claimed in a hurry of listings that were in step: one row for a claim, until there is time to write it to
-- the push of each. `listings` is JSON: SKU, units that are sent, and whether the store may show too much.
CREATE TABLE hurried_claims (
    claim        TEXT      NOT NULL PRIMARY KEY,
    store        TEXT      NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    behind_since TIMESTAMP NOT NULL,
    due_at       TIMESTAMP NOT NULL,
    listings     TEXT      NOT NULL
) WITHOUT ROWID;
