-- The program of before knows one listing of a SKU on a store, and no kits: it leaves what the others show.
ALTER TABLE connections DROP COLUMN failed_listing;
ALTER TABLE connections ADD COLUMN failed_sku TEXT;
DELETE FROM push_log WHERE sku = '';
ALTER TABLE push_log DROP COLUMN seller_sku;

DELETE FROM listings WHERE sku = '' OR EXISTS (
    SELECT 1 FROM listings earlier
    WHERE earlier.sku = listings.sku AND earlier.store = listings.store AND earlier.id < listings.id
);
DELETE FROM retiring_listings WHERE sku = '' OR EXISTS (
    SELECT 1 FROM listings WHERE listings.sku = retiring_listings.sku AND listings.store = retiring_listings.store
) OR EXISTS (
    SELECT 1 FROM retiring_listings earlier
    WHERE earlier.sku = retiring_listings.sku AND earlier.store = retiring_listings.store
        AND earlier.id < retiring_listings.id
);

CREATE TABLE rebuilt_pushes (
    sku             TEXT      NOT NULL,
    store           TEXT      NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    -- NULL while it is unknown what the store shows.
    acknowledged    BIGINT CHECK (acknowledged >= 0),
    acknowledged_at TIMESTAMP,
    -- Since when it shows something else than it should, and since when more than it should; NULL while it does not.
    behind_since    TIMESTAMP,
    lower_since     TIMESTAMP,
    -- When it is to be tried next; NULL while it is in sync. While it is leased, when the lease ends.
    due_at          TIMESTAMP,
    -- The lease of the server that sends it, and what the store may show as well: that server sends it, or one did and the
    -- response is unknown.
    lease           TEXT,
    sending         BIGINT CHECK (sending >= 0),
    failures        BIGINT    NOT NULL DEFAULT 0 CHECK (failures >= 0),
    problem         TEXT,
    problem_text    TEXT,
    locked_quantity BIGINT,
    locked_until    TIMESTAMP,
    sequence        BIGINT    NOT NULL DEFAULT 0,
    PRIMARY KEY (sku, store),
    CHECK ((behind_since IS NULL) = (due_at IS NULL)),
    CHECK (lower_since IS NULL OR behind_since IS NOT NULL),
    CHECK (lease IS NULL OR sending IS NOT NULL),
    CHECK (sending IS NULL OR due_at IS NOT NULL),
    CHECK (lease IS NULL OR due_at IS NOT NULL)
) WITHOUT ROWID;
INSERT INTO rebuilt_pushes SELECT
    sku, store, acknowledged, acknowledged_at, behind_since, lower_since, due_at, lease, sending, failures, problem, problem_text,
    locked_quantity, locked_until, sequence
FROM pushes
WHERE listing IN (SELECT id FROM listings UNION ALL SELECT id FROM retiring_listings);
DROP TABLE pushes;
ALTER TABLE rebuilt_pushes RENAME TO pushes;
CREATE INDEX pushes_due ON pushes (store, due_at, sku) WHERE due_at IS NOT NULL;
CREATE INDEX pushes_with_problem ON pushes (problem, store, sku) WHERE problem IS NOT NULL;
CREATE INDEX pushes_behind_of_sku ON pushes (sku, behind_since) WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_behind ON pushes (store, sku, lease, due_at, lower_since, problem, behind_since)
    WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_urgent ON pushes (store, due_at, sku)
    WHERE lower_since IS NOT NULL AND acknowledged IS NOT NULL AND problem IS NULL;
CREATE INDEX pushes_retries ON pushes (store, due_at, sku) WHERE problem IS NOT NULL;

DROP TABLE kit_components;

CREATE TABLE rebuilt_retiring_listings (
    sku        TEXT      NOT NULL REFERENCES skus (code),
    store      TEXT      NOT NULL REFERENCES stores (code),
    seller_sku TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL,
    item_id    TEXT,
    variant_id TEXT,
    retired_at TIMESTAMP NOT NULL,
    retired_by TEXT      NOT NULL,
    PRIMARY KEY (sku, store)
) WITHOUT ROWID;
INSERT INTO rebuilt_retiring_listings SELECT
    sku, store, seller_sku, created_at, item_id, variant_id, retired_at, retired_by
FROM retiring_listings;
DROP TABLE retiring_listings;
ALTER TABLE rebuilt_retiring_listings RENAME TO retiring_listings;
CREATE INDEX retiring_listings_of_store ON retiring_listings (store, sku);

CREATE TABLE rebuilt_listings (
    sku        TEXT      NOT NULL REFERENCES skus (code),
    store      TEXT      NOT NULL REFERENCES stores (code),
    seller_sku TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL,
    item_id    TEXT,
    variant_id TEXT,
    shared_by  TEXT      NOT NULL DEFAULT '',
    PRIMARY KEY (sku, store)
) WITHOUT ROWID;
INSERT INTO rebuilt_listings SELECT sku, store, seller_sku, created_at, item_id, variant_id, shared_by FROM listings;
DROP TABLE listings;
ALTER TABLE rebuilt_listings RENAME TO listings;
CREATE INDEX listings_of_store ON listings (store, sku);
CREATE INDEX listings_without_item ON listings (store, sku) WHERE item_id IS NULL;
CREATE INDEX listings_without_variant ON listings (store, sku) WHERE item_id IS NOT NULL AND variant_id IS NULL;
CREATE INDEX listings_with_item ON listings (store, sku) WHERE item_id IS NOT NULL;
CREATE INDEX listings_with_variant ON listings (store, sku) WHERE item_id IS NOT NULL AND variant_id IS NOT NULL;
CREATE INDEX listings_by_item ON listings (store, ltrim(item_id, '+0')) WHERE item_id IS NOT NULL;
CREATE UNIQUE INDEX listings_by_seller_sku ON listings (store, seller_sku, shared_by);
CREATE INDEX listings_sharing ON listings (store, seller_sku, sku) WHERE shared_by <> '';
CREATE INDEX listings_with_other_seller_sku ON listings (seller_sku, store) WHERE seller_sku <> sku;
