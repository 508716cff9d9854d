-- What an import of orders came to, in orders and units, and what there is to say about a file.
ALTER TABLE imports ADD COLUMN orders_recorded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN orders_known BIGINT NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN units_recorded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN orders_short BIGINT NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN units_short BIGINT NOT NULL DEFAULT 0;
-- Some of the rows that were updated: they were up to date.
ALTER TABLE imports ADD COLUMN rows_unchanged BIGINT NOT NULL DEFAULT 0;
-- Its rows are tried, and what they do is undone.
ALTER TABLE imports ADD COLUMN is_check BOOLEAN NOT NULL DEFAULT FALSE;
-- Sentences, as JSON.
ALTER TABLE imports ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
-- The SHA-256 of the rows of a file of differences, which must not be applied twice.
ALTER TABLE imports ADD COLUMN content_hash TEXT;

CREATE INDEX imports_by_content ON imports (content_hash) WHERE content_hash IS NOT NULL;

-- Most entries of a busy SKU are orders that were taken. Those are found among all of the SKU's entries in their order: an
-- index of them would be a second place to write to for each line of a file of orders.
DROP INDEX ledger_entries_by_kind;
CREATE INDEX ledger_entries_by_kind ON ledger_entries (sku, kind, number)
    WHERE kind <> 'opening_stock' AND kind <> 'order_taken';
