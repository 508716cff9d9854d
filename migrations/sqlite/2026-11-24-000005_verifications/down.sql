DROP INDEX orders_owed;
DROP INDEX holds_nearly_sold;
DROP INDEX skus_may_be_short;
ALTER TABLE skus DROP COLUMN may_be_short;
ALTER TABLE ledger_entries DROP COLUMN sold_after;
ALTER TABLE ledger_entries DROP COLUMN held_after;
DROP TABLE verifications;
