CREATE OR REPLACE FUNCTION refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of a promotion is never changed or deleted: write a new line';
END
$$;
CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger entries are never changed or deleted: write a new one';
END
$$;
ALTER TABLE listings ALTER CONSTRAINT listings_sku_fkey NOT DEFERRABLE;
ALTER TABLE retiring_listings ALTER CONSTRAINT retiring_listings_sku_fkey NOT DEFERRABLE;
ALTER TABLE ledger_entries ALTER CONSTRAINT ledger_entries_sku_fkey NOT DEFERRABLE;
ALTER TABLE holds ALTER CONSTRAINT holds_sku_fkey NOT DEFERRABLE;
ALTER TABLE promotion_draft_products ALTER CONSTRAINT promotion_draft_products_sku_fkey NOT DEFERRABLE;
ALTER TABLE order_lines ALTER CONSTRAINT order_lines_sku_fkey NOT DEFERRABLE;
ALTER TABLE promotion_changes ALTER CONSTRAINT promotion_changes_sku_fkey NOT DEFERRABLE;
ALTER TABLE quantity_checks ALTER CONSTRAINT quantity_checks_sku_fkey NOT DEFERRABLE;
ALTER TABLE quantity_changes ALTER CONSTRAINT quantity_changes_sku_fkey NOT DEFERRABLE;
ALTER TABLE listings ALTER CONSTRAINT listings_store_fkey NOT DEFERRABLE;
ALTER TABLE retiring_listings ALTER CONSTRAINT retiring_listings_store_fkey NOT DEFERRABLE;
ALTER TABLE holds ALTER CONSTRAINT holds_store_fkey NOT DEFERRABLE;
ALTER TABLE promotions ALTER CONSTRAINT promotions_store_fkey NOT DEFERRABLE;
ALTER TABLE orders ALTER CONSTRAINT orders_store_fkey NOT DEFERRABLE;
ALTER TABLE connections ALTER CONSTRAINT connections_store_fkey NOT DEFERRABLE;
ALTER TABLE pushes ALTER CONSTRAINT pushes_store_fkey NOT DEFERRABLE;
ALTER TABLE warehouses ALTER CONSTRAINT warehouses_store_fkey NOT DEFERRABLE;
ALTER TABLE order_lines ALTER CONSTRAINT order_lines_number_store_fkey NOT DEFERRABLE;
ALTER TABLE promotion_orders ALTER CONSTRAINT promotion_orders_number_store_fkey NOT DEFERRABLE;
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
