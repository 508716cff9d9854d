DROP TRIGGER promotion_changes_never_change;
CREATE TRIGGER promotion_changes_never_change BEFORE UPDATE ON promotion_changes BEGIN
    SELECT RAISE(ABORT, 'the history of a promotion is never changed: write a new line');
END;
DROP TRIGGER ledger_entries_never_change;
CREATE TRIGGER ledger_entries_never_change BEFORE UPDATE ON ledger_entries BEGIN
    SELECT RAISE(ABORT, 'ledger entries are never changed: write a new one');
END;
DROP TABLE former_store_codes;
DROP TABLE former_codes;
DROP INDEX skus_archived;
ALTER TABLE skus DROP COLUMN archived_at;
DROP INDEX skus_not_ascii;
DROP INDEX skus_by_lower_case;

DROP INDEX listings_with_other_seller_sku;
DROP INDEX listings_sharing;
DROP INDEX listings_by_seller_sku;
ALTER TABLE listings DROP COLUMN shared_by;
