DROP TABLE campaign_hints;
DROP TABLE campaign_reads;
DROP TABLE campaigns;
UPDATE orders SET fulfilled_by = 'marketplace' WHERE fulfilled_by = 'earlier';
ALTER TABLE orders DROP CONSTRAINT orders_fulfilled_by_check;
ALTER TABLE orders ADD CONSTRAINT orders_fulfilled_by_check CHECK (fulfilled_by IN ('seller', 'marketplace'));
