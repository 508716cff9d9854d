ALTER TABLE pushes DROP COLUMN sequence;
DROP TABLE warehouses;
ALTER TABLE connections DROP COLUMN warehouse;
ALTER TABLE connections DROP COLUMN failed_sku;
