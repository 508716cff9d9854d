DROP INDEX listings_without_variant;
DROP INDEX pushes_behind_of_sku;
DROP INDEX pushes_too_much;
DROP INDEX pushes_claimed;
DROP INDEX pushes_waiting;
