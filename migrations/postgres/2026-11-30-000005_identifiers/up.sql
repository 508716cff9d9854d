-- A seller SKU is that of one listing of a store. Listings that shared one before stay as they are: each has its own SKU in
-- `shared_by`, and people are shown them.
ALTER TABLE listings ADD COLUMN shared_by TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE listings SET shared_by = sku WHERE EXISTS (
    SELECT 1 FROM listings other
    WHERE other.store = listings.store AND other.seller_sku = listings.seller_sku AND other.sku <> listings.sku
);
CREATE UNIQUE INDEX listings_by_seller_sku ON listings (store, seller_sku, shared_by);
CREATE INDEX listings_sharing ON listings (store, seller_sku, sku) WHERE shared_by <> '';
CREATE INDEX listings_with_other_seller_sku ON listings (seller_sku, store) WHERE seller_sku <> sku;

-- SKUs that differ only in upper and lower case are pointed out.
CREATE INDEX skus_by_lower_case ON skus (lower(code));

-- Only these may be in another Unicode form than that of today: whoever starts the program looks for them.
CREATE INDEX skus_not_ascii ON skus (code) WHERE code ~ '[^ -~]';

-- An archived SKU is kept for its history, and is not in the catalogue.
ALTER TABLE skus ADD COLUMN archived_at TIMESTAMP;
CREATE INDEX skus_archived ON skus (code) WHERE archived_at IS NOT NULL;

-- The codes that a SKU had before it was renamed, or that another SKU had which was merged into it.
CREATE TABLE former_codes (
    code       TEXT COLLATE "C"      NOT NULL PRIMARY KEY,
    sku        TEXT COLLATE "C"      NOT NULL REFERENCES skus (code) DEFERRABLE INITIALLY IMMEDIATE,
    is_merged  BOOLEAN   NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
CREATE INDEX former_codes_of_sku ON former_codes (sku);

-- The codes that a store had before it was renamed.
CREATE TABLE former_store_codes (
    code       TEXT COLLATE "C"      NOT NULL PRIMARY KEY,
    store      TEXT COLLATE "C"      NOT NULL REFERENCES stores (code) DEFERRABLE INITIALLY IMMEDIATE,
    changed_at TIMESTAMP NOT NULL
);

-- A SKU or a store is renamed in one transaction, at whose end all that refers to it has the new code.
ALTER TABLE listings ALTER CONSTRAINT listings_sku_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE retiring_listings ALTER CONSTRAINT retiring_listings_sku_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE ledger_entries ALTER CONSTRAINT ledger_entries_sku_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE holds ALTER CONSTRAINT holds_sku_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE promotion_draft_products ALTER CONSTRAINT promotion_draft_products_sku_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE order_lines ALTER CONSTRAINT order_lines_sku_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE promotion_changes ALTER CONSTRAINT promotion_changes_sku_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE quantity_checks ALTER CONSTRAINT quantity_checks_sku_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE quantity_changes ALTER CONSTRAINT quantity_changes_sku_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE listings ALTER CONSTRAINT listings_store_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE retiring_listings ALTER CONSTRAINT retiring_listings_store_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE holds ALTER CONSTRAINT holds_store_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE promotions ALTER CONSTRAINT promotions_store_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE orders ALTER CONSTRAINT orders_store_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE connections ALTER CONSTRAINT connections_store_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE pushes ALTER CONSTRAINT pushes_store_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE warehouses ALTER CONSTRAINT warehouses_store_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE order_lines ALTER CONSTRAINT order_lines_number_store_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE promotion_orders ALTER CONSTRAINT promotion_orders_number_store_fkey DEFERRABLE INITIALLY IMMEDIATE;

-- Ledgers and histories follow that code: only then is there no SKU or store with the old one.
CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept ledger_entries;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        kept := NEW;
        kept.sku := OLD.sku;
        kept.store := OLD.store;
        IF kept IS NOT DISTINCT FROM OLD
            AND (NEW.sku = OLD.sku OR NOT EXISTS (SELECT 1 FROM skus WHERE code = OLD.sku))
            AND (NEW.store IS NOT DISTINCT FROM OLD.store OR NOT EXISTS (SELECT 1 FROM stores WHERE code = OLD.store))
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'ledger entries are never changed or deleted: write a new one';
END
$$;
CREATE OR REPLACE FUNCTION refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept promotion_changes;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        kept := NEW;
        kept.sku := OLD.sku;
        IF kept IS NOT DISTINCT FROM OLD
            AND (NEW.sku IS NOT DISTINCT FROM OLD.sku OR NOT EXISTS (SELECT 1 FROM skus WHERE code = OLD.sku))
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the history of a promotion is never changed or deleted: write a new line';
END
$$;
