-- The program of before knows one listing of a SKU on a store, and no kits: it leaves what the others show.
ALTER TABLE connections DROP COLUMN failed_listing;
ALTER TABLE connections ADD COLUMN failed_sku TEXT COLLATE "C";
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
DELETE FROM pushes WHERE NOT EXISTS (SELECT 1 FROM listings WHERE listings.id = pushes.listing)
    AND NOT EXISTS (SELECT 1 FROM retiring_listings WHERE retiring_listings.id = pushes.listing);

DROP INDEX pushes_due;
DROP INDEX pushes_urgent;
DROP INDEX pushes_retries;
DROP INDEX pushes_with_problem;
DROP INDEX pushes_behind;
DROP INDEX pushes_of_sku;
ALTER TABLE pushes DROP CONSTRAINT pushes_pkey;
ALTER TABLE pushes DROP COLUMN listing;
ALTER TABLE pushes ADD PRIMARY KEY (sku, store);
DROP INDEX pushes_behind_of_sku;
CREATE INDEX pushes_due ON pushes (store, due_at, sku) WHERE due_at IS NOT NULL;
CREATE INDEX pushes_with_problem ON pushes (problem, store, sku) WHERE problem IS NOT NULL;
CREATE INDEX pushes_behind_of_sku ON pushes (sku, behind_since) WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_behind ON pushes (store, sku, lease, due_at, lower_since, problem) WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_urgent ON pushes (store, due_at, sku)
    WHERE lower_since IS NOT NULL AND acknowledged IS NOT NULL AND problem IS NULL;
CREATE INDEX pushes_retries ON pushes (store, due_at, sku) WHERE problem IS NOT NULL;

DROP TABLE kit_components;

DROP INDEX retiring_listings_of_store;
DROP INDEX retiring_listings_of_sku;
ALTER TABLE retiring_listings DROP CONSTRAINT retiring_listings_pkey;
ALTER TABLE retiring_listings DROP COLUMN id, DROP COLUMN title;
ALTER TABLE retiring_listings ADD PRIMARY KEY (sku, store);
ALTER TABLE retiring_listings ADD CONSTRAINT retiring_listings_sku_fkey FOREIGN KEY (sku) REFERENCES skus (code)
    DEFERRABLE INITIALLY IMMEDIATE;
CREATE INDEX retiring_listings_of_store ON retiring_listings (store, sku);

DROP INDEX listings_of_store;
DROP INDEX listings_of_sku;
DROP INDEX listings_without_item;
DROP INDEX listings_without_variant;
DROP INDEX listings_with_item;
DROP INDEX listings_with_variant;
DROP INDEX listings_by_item;
DROP INDEX listings_by_seller_sku;
DROP INDEX listings_sharing;
DROP INDEX listings_with_other_seller_sku;
ALTER TABLE listings DROP CONSTRAINT listings_pkey;
ALTER TABLE listings DROP COLUMN id, DROP COLUMN title;
ALTER TABLE listings ADD PRIMARY KEY (sku, store);
ALTER TABLE listings ADD CONSTRAINT listings_sku_fkey FOREIGN KEY (sku) REFERENCES skus (code)
    DEFERRABLE INITIALLY IMMEDIATE;
CREATE INDEX listings_of_store ON listings (store, sku);
CREATE INDEX listings_without_item ON listings (store, sku) WHERE item_id IS NULL;
CREATE INDEX listings_without_variant ON listings (store, sku) WHERE item_id IS NOT NULL AND variant_id IS NULL;
CREATE INDEX listings_with_item ON listings (store, sku) WHERE item_id IS NOT NULL;
CREATE INDEX listings_with_variant ON listings (store, sku) WHERE item_id IS NOT NULL AND variant_id IS NOT NULL;
CREATE INDEX listings_by_item ON listings (store, ltrim(item_id, '+0')) WHERE item_id IS NOT NULL;
CREATE UNIQUE INDEX listings_by_seller_sku ON listings (store, seller_sku, shared_by);
CREATE INDEX listings_sharing ON listings (store, seller_sku, sku) WHERE shared_by <> '';
CREATE INDEX listings_with_other_seller_sku ON listings (seller_sku, store) WHERE seller_sku <> sku;
