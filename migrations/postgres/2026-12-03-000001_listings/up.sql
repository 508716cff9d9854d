-- A listing has an id of its own: a store may list a SKU several times, and some listings are kits of several SKUs. A kit
-- has no SKU of its own (''), but components. Ids of listings that are there already need not sort.
ALTER TABLE listings ADD COLUMN id TEXT COLLATE "C" NOT NULL DEFAULT CAST(gen_random_uuid() AS TEXT);
ALTER TABLE listings ALTER COLUMN id DROP DEFAULT;
ALTER TABLE listings ADD COLUMN title TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE listings DROP CONSTRAINT listings_sku_fkey;
ALTER TABLE listings DROP CONSTRAINT listings_pkey;
ALTER TABLE listings ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX listings_of_sku ON listings (sku, store, id);

-- Lists are in the order of the SKUs; listings of one SKU are in that of their ids.
DROP INDEX listings_of_store;
DROP INDEX listings_without_item;
DROP INDEX listings_without_variant;
DROP INDEX listings_with_item;
DROP INDEX listings_with_variant;
DROP INDEX listings_by_item;
DROP INDEX listings_by_seller_sku;
DROP INDEX listings_sharing;
DROP INDEX listings_with_other_seller_sku;
CREATE INDEX listings_of_store ON listings (store, sku, id);
CREATE INDEX listings_without_item ON listings (store, sku, id) WHERE item_id IS NULL;
CREATE INDEX listings_without_variant ON listings (store, sku, id) WHERE item_id IS NOT NULL AND variant_id IS NULL;
CREATE INDEX listings_with_item ON listings (store, sku, id) WHERE item_id IS NOT NULL;
CREATE INDEX listings_with_variant ON listings (store, sku, id) WHERE item_id IS NOT NULL AND variant_id IS NOT NULL;
-- Of two indexes that look equally good, the planner takes the one that was made later: these come after the others again.
CREATE INDEX listings_by_item ON listings (store, ltrim(item_id, '+0')) WHERE item_id IS NOT NULL;
CREATE UNIQUE INDEX listings_by_seller_sku ON listings (store, seller_sku, shared_by);
CREATE INDEX listings_sharing ON listings (store, seller_sku, sku) WHERE shared_by <> '';
CREATE INDEX listings_with_other_seller_sku ON listings (seller_sku, store) WHERE seller_sku <> sku;

ALTER TABLE retiring_listings ADD COLUMN id TEXT COLLATE "C" NOT NULL DEFAULT CAST(gen_random_uuid() AS TEXT);
ALTER TABLE retiring_listings ALTER COLUMN id DROP DEFAULT;
ALTER TABLE retiring_listings ADD COLUMN title TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE retiring_listings DROP CONSTRAINT retiring_listings_sku_fkey;
ALTER TABLE retiring_listings DROP CONSTRAINT retiring_listings_pkey;
ALTER TABLE retiring_listings ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX retiring_listings_of_sku ON retiring_listings (sku, store, id);
DROP INDEX retiring_listings_of_store;
CREATE INDEX retiring_listings_of_store ON retiring_listings (store, sku, id);

-- What a kit is made of: of a listing, or of a retiring one, so it refers to neither.
CREATE TABLE kit_components (
    listing TEXT   COLLATE "C" NOT NULL,
    sku     TEXT   COLLATE "C" NOT NULL REFERENCES skus (code) DEFERRABLE INITIALLY IMMEDIATE,
    units   BIGINT NOT NULL CHECK (units > 0),
    PRIMARY KEY (listing, sku)
);
CREATE INDEX kit_components_of_sku ON kit_components (sku, listing);

-- A push is that of a listing.
ALTER TABLE pushes ADD COLUMN listing TEXT COLLATE "C";
UPDATE pushes SET listing = listings.id FROM listings
    WHERE listings.sku = pushes.sku AND listings.store = pushes.store;
UPDATE pushes SET listing = retiring.id FROM retiring_listings retiring
    WHERE retiring.sku = pushes.sku AND retiring.store = pushes.store AND pushes.listing IS NULL;
DELETE FROM pushes WHERE listing IS NULL;
ALTER TABLE pushes DROP CONSTRAINT pushes_pkey;
ALTER TABLE pushes ADD PRIMARY KEY (listing);
CREATE UNIQUE INDEX pushes_of_sku ON pushes (sku, store, listing);
DROP INDEX pushes_due;
DROP INDEX pushes_with_problem;
DROP INDEX pushes_behind_of_sku;
DROP INDEX pushes_behind;
DROP INDEX pushes_urgent;
DROP INDEX pushes_retries;
CREATE INDEX pushes_due ON pushes (store, due_at, listing) WHERE due_at IS NOT NULL;
CREATE INDEX pushes_with_problem ON pushes (problem, store, sku, listing) WHERE problem IS NOT NULL;
CREATE INDEX pushes_behind_of_sku ON pushes (sku, behind_since) WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_behind ON pushes (store, sku, listing, lease, due_at, lower_since, problem)
    WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_urgent ON pushes (store, due_at, listing)
    WHERE lower_since IS NOT NULL AND acknowledged IS NOT NULL AND problem IS NULL;
CREATE INDEX pushes_retries ON pushes (store, due_at, listing) WHERE problem IS NOT NULL;

-- The listing's seller SKU at that time: what a kit is called. Empty in lines from before.
ALTER TABLE push_log ADD COLUMN seller_sku TEXT COLLATE "C" NOT NULL DEFAULT '';

-- A store without an answer may have failed because of one listing: which one was it last?
ALTER TABLE connections DROP COLUMN failed_sku;
ALTER TABLE connections ADD COLUMN failed_listing TEXT COLLATE "C";
