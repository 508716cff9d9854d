DROP TABLE push_log;
DROP TABLE pushes;
DROP TABLE quantity_change_counter;
DROP TABLE quantity_changes;
DROP TABLE quantity_checks;
DROP TABLE connections;
DROP INDEX listings_without_item;
ALTER TABLE listings DROP COLUMN variant_id;
ALTER TABLE listings DROP COLUMN item_id;
