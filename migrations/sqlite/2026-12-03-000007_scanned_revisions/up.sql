-- The last entry of the ledger that was there when the quantities were looked at: the entries after it are new.
ALTER TABLE quantity_changes ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

UPDATE quantity_changes SET revision = (SELECT skus.revision FROM skus WHERE skus.code = quantity_changes.sku);

-- Whether orders of the store came in since it acknowledged a quantity.
ALTER TABLE pushes ADD COLUMN has_sold BOOLEAN NOT NULL DEFAULT FALSE;
