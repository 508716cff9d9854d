-- Whether another SKU of the store has an item already. Where ids are numbers, `05` is `5`: all forms of a number stand
-- together.
DROP INDEX listings_by_item;
CREATE INDEX listings_by_item ON listings (store, ltrim(item_id, '+0')) WHERE item_id IS NOT NULL;
