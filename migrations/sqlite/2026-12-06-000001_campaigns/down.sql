DROP TABLE campaign_hints;
DROP TABLE campaign_reads;
DROP TABLE campaigns;
ALTER TABLE orders RENAME COLUMN fulfilled_by TO fulfilled_by_after;
ALTER TABLE orders ADD COLUMN fulfilled_by TEXT NOT NULL DEFAULT 'seller'
    CHECK (fulfilled_by IN ('seller', 'marketplace'));
UPDATE orders SET fulfilled_by = 'marketplace' WHERE fulfilled_by_after <> 'seller';
ALTER TABLE orders DROP COLUMN fulfilled_by_after;
