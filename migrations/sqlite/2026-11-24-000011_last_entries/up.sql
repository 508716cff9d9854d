-- The latest moment of a SKU's entries: whoever has its lock sees whether somebody with a later clock had it before.
ALTER TABLE skus ADD COLUMN last_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';

UPDATE skus SET last_at = (SELECT MAX(at) FROM ledger_entries WHERE ledger_entries.sku = skus.code);
