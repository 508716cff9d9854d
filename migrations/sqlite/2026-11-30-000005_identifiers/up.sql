-- A seller SKU is that of one listing of a store. Listings that shared one before stay as they are: each has its own SKU in
-- `shared_by`, and people are shown them.
ALTER TABLE listings ADD COLUMN shared_by TEXT NOT NULL DEFAULT '';
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
CREATE INDEX skus_not_ascii ON skus (code) WHERE code GLOB '*[^ -~]*';

-- An archived SKU is kept for its history, and is not in the catalogue.
ALTER TABLE skus ADD COLUMN archived_at TIMESTAMP;
CREATE INDEX skus_archived ON skus (code) WHERE archived_at IS NOT NULL;

-- The codes that a SKU had before it was renamed, or that another SKU had which was merged into it.
CREATE TABLE former_codes (
    code       TEXT      NOT NULL PRIMARY KEY,
    sku        TEXT      NOT NULL REFERENCES skus (code),
    is_merged  BOOLEAN   NOT NULL,
    changed_at TIMESTAMP NOT NULL
) WITHOUT ROWID;
CREATE INDEX former_codes_of_sku ON former_codes (sku);

-- The codes that a store had before it was renamed.
CREATE TABLE former_store_codes (
    code       TEXT      NOT NULL PRIMARY KEY,
    store      TEXT      NOT NULL REFERENCES stores (code),
    changed_at TIMESTAMP NOT NULL
) WITHOUT ROWID;

-- Ledgers and histories follow the code of a SKU or a store that was renamed: only then is there none with the old code.
DROP TRIGGER ledger_entries_never_change;
CREATE TRIGGER ledger_entries_never_change BEFORE UPDATE ON ledger_entries WHEN NOT (
    new.number IS old.number
    AND new.at IS old.at
    AND new.actor IS old.actor
    AND new.kind IS old.kind
    AND new.reason IS old.reason
    AND new.promotion_id IS old.promotion_id
    AND new.on_hand_change IS old.on_hand_change
    AND new.committed_change IS old.committed_change
    AND new.oversold_change IS old.oversold_change
    AND new.buffer_change IS old.buffer_change
    AND new.held_change IS old.held_change
    AND new.sold_change IS old.sold_change
    AND new.on_hand_after IS old.on_hand_after
    AND new.committed_after IS old.committed_after
    AND new.oversold_after IS old.oversold_after
    AND new.buffer_after IS old.buffer_after
    AND new.order_number IS old.order_number
    AND new.held_after IS old.held_after
    AND new.sold_after IS old.sold_after
    AND (new.sku IS old.sku OR NOT EXISTS (SELECT 1 FROM skus WHERE code = old.sku))
    AND (new.store IS old.store OR NOT EXISTS (SELECT 1 FROM stores WHERE code = old.store))
) BEGIN
    SELECT RAISE(ABORT, 'ledger entries are never changed: write a new one');
END;
DROP TRIGGER promotion_changes_never_change;
CREATE TRIGGER promotion_changes_never_change BEFORE UPDATE ON promotion_changes WHEN NOT (
    new.promotion_id IS old.promotion_id
    AND new.number IS old.number
    AND new.at IS old.at
    AND new.actor IS old.actor
    AND new.kind IS old.kind
    AND new.name_before IS old.name_before
    AND new.name_after IS old.name_after
    AND new.ends_before IS old.ends_before
    AND new.ends_after IS old.ends_after
    AND new.quantity_before IS old.quantity_before
    AND new.quantity_after IS old.quantity_after
    AND (new.sku IS old.sku OR NOT EXISTS (SELECT 1 FROM skus WHERE code = old.sku))
) BEGIN
    SELECT RAISE(ABORT, 'the history of a promotion is never changed: write a new line');
END;
