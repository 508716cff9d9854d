DROP INDEX pushes_behind_of_sku;
CREATE INDEX pushes_behind_of_sku ON pushes (sku) WHERE behind_since IS NOT NULL;
DROP INDEX listings_by_item;
DROP INDEX listings_with_variant;
DROP INDEX listings_with_item;
