-- A listing has an id of its own: a store may list a SKU several times, and some listings are kits of several SKUs. A kit
-- has no SKU of its own (''), but components. Ids of listings that are there already need not sort. Rows are stored in
-- the order of their SKUs, by which they are read.
CREATE TABLE rebuilt_listings (
    id         TEXT      NOT NULL UNIQUE,
    sku        TEXT      NOT NULL,
    store      TEXT      NOT NULL REFERENCES stores (code),
    seller_sku TEXT      NOT NULL,
    title      TEXT      NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    item_id    TEXT,
    variant_id TEXT,
    shared_by  TEXT      NOT NULL DEFAULT '',
    PRIMARY KEY (sku, store, id)
) WITHOUT ROWID;
INSERT INTO rebuilt_listings (id, sku, store, seller_sku, created_at, item_id, variant_id, shared_by)
SELECT
    lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8'
        || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
    sku, store, seller_sku, created_at, item_id, variant_id, shared_by
FROM listings;
DROP TABLE listings;
ALTER TABLE rebuilt_listings RENAME TO listings;
-- Lists are in the order of the SKUs; listings of one SKU are in that of their ids.
CREATE INDEX listings_of_store ON listings (store, sku, id);
CREATE INDEX listings_without_item ON listings (store, sku, id) WHERE item_id IS NULL;
CREATE INDEX listings_without_variant ON listings (store, sku, id) WHERE item_id IS NOT NULL AND variant_id IS NULL;
CREATE INDEX listings_with_item ON listings (store, sku, id) WHERE item_id IS NOT NULL;
CREATE INDEX listings_with_variant ON listings (store, sku, id) WHERE item_id IS NOT NULL AND variant_id IS NOT NULL;
CREATE INDEX listings_by_item ON listings (store, ltrim(item_id, '+0')) WHERE item_id IS NOT NULL;
CREATE UNIQUE INDEX listings_by_seller_sku ON listings (store, seller_sku, shared_by);
CREATE INDEX listings_sharing ON listings (store, seller_sku, sku) WHERE shared_by <> '';
CREATE INDEX listings_with_other_seller_sku ON listings (seller_sku, store) WHERE seller_sku <> sku;

CREATE TABLE rebuilt_retiring_listings (
    id         TEXT      NOT NULL UNIQUE,
    sku        TEXT      NOT NULL,
    store      TEXT      NOT NULL REFERENCES stores (code),
    seller_sku TEXT      NOT NULL,
    title      TEXT      NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    item_id    TEXT,
    variant_id TEXT,
    retired_at TIMESTAMP NOT NULL,
    retired_by TEXT      NOT NULL,
    PRIMARY KEY (sku, store, id)
) WITHOUT ROWID;
INSERT INTO rebuilt_retiring_listings
    (id, sku, store, seller_sku, created_at, item_id, variant_id, retired_at, retired_by)
SELECT
    lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8'
        || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
    sku, store, seller_sku, created_at, item_id, variant_id, retired_at, retired_by
FROM retiring_listings;
DROP TABLE retiring_listings;
ALTER TABLE rebuilt_retiring_listings RENAME TO retiring_listings;
CREATE INDEX retiring_listings_of_store ON retiring_listings (store, sku, id);

-- What a kit is made of: of a listing, or of a retiring one, so it refers to neither.
CREATE TABLE kit_components (
    listing TEXT   NOT NULL,
    sku     TEXT   NOT NULL REFERENCES skus (code),
    units   BIGINT NOT NULL CHECK (units > 0),
    PRIMARY KEY (listing, sku)
) WITHOUT ROWID;
CREATE INDEX kit_components_of_sku ON kit_components (sku, listing);

-- A push is that of a listing.
CREATE TABLE rebuilt_pushes (
    listing         TEXT      NOT NULL UNIQUE,
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
    PRIMARY KEY (sku, store, listing),
    CHECK ((behind_since IS NULL) = (due_at IS NULL)),
    CHECK (lower_since IS NULL OR behind_since IS NOT NULL),
    CHECK (lease IS NULL OR sending IS NOT NULL),
    CHECK (sending IS NULL OR due_at IS NOT NULL),
    CHECK (lease IS NULL OR due_at IS NOT NULL)
) WITHOUT ROWID;
INSERT INTO rebuilt_pushes SELECT
    listed.id, pushes.sku, pushes.store, acknowledged, acknowledged_at, behind_since, lower_since, due_at, lease, sending, failures, problem, problem_text,
    locked_quantity, locked_until, sequence
FROM pushes JOIN (
    SELECT id, sku, store FROM listings UNION ALL SELECT id, sku, store FROM retiring_listings
) AS listed ON listed.sku = pushes.sku AND listed.store = pushes.store;
DROP TABLE pushes;
ALTER TABLE rebuilt_pushes RENAME TO pushes;
CREATE INDEX pushes_due ON pushes (store, due_at, listing) WHERE due_at IS NOT NULL;
CREATE INDEX pushes_with_problem ON pushes (problem, store, sku, listing) WHERE problem IS NOT NULL;
CREATE INDEX pushes_behind_of_sku ON pushes (sku, behind_since) WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_behind ON pushes (store, sku, listing, lease, due_at, lower_since, problem, behind_since)
    WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_urgent ON pushes (store, due_at, listing)
    WHERE lower_since IS NOT NULL AND acknowledged IS NOT NULL AND problem IS NULL;
CREATE INDEX pushes_retries ON pushes (store, due_at, listing) WHERE problem IS NOT NULL;

-- The listing's seller SKU at that time: what a kit is called. Empty in lines from before.
ALTER TABLE push_log ADD COLUMN seller_sku TEXT NOT NULL DEFAULT '';

-- A store without an answer may have failed because of one listing: which one was it last?
ALTER TABLE connections DROP COLUMN failed_sku;
ALTER TABLE connections ADD COLUMN failed_listing TEXT;
