-- A store without an answer may have failed because of one listing: which one was it last?
ALTER TABLE connections ADD COLUMN failed_sku TEXT;

-- The warehouse of the marketplace whose stock is set, for a seller with several, and all that the seller has there.
ALTER TABLE connections ADD COLUMN warehouse TEXT;
CREATE TABLE warehouses (
    store TEXT NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    code  TEXT NOT NULL,
    name  TEXT NOT NULL,
    PRIMARY KEY (store, code)
) WITHOUT ROWID;

-- The number of the last quantity that was sent of a listing. It only grows, so that a receiver can tell the newer of two.
ALTER TABLE pushes ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
