-- The page of a store's mapping shows what is not mapped first, and then what is: each from an index that has it in the
-- order of the list, however few there are. Some marketplaces need an item alone, others a variant of it too.
CREATE INDEX listings_with_item ON listings (store, sku) WHERE item_id IS NOT NULL;
CREATE INDEX listings_with_variant ON listings (store, sku) WHERE item_id IS NOT NULL AND variant_id IS NOT NULL;

-- Whether another SKU of the store has an id already.
CREATE INDEX listings_by_item ON listings (store, item_id) WHERE item_id IS NOT NULL;

-- What is behind of the SKUs of a page. With the time in it, SQLite prefers it to the primary key, which has all the
-- listings that are in step as well.
DROP INDEX pushes_behind_of_sku;
CREATE INDEX pushes_behind_of_sku ON pushes (sku, behind_since) WHERE behind_since IS NOT NULL;
