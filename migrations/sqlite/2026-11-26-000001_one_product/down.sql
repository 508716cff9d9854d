DROP INDEX listings_by_item;
CREATE INDEX listings_by_item ON listings (store, item_id) WHERE item_id IS NOT NULL;
