-- The list of drifts, narrowed by what came of them, with the store or without, or by the SKU.
CREATE INDEX drifts_by_result ON drifts (corrected, at, id);
CREATE INDEX drifts_of_store_by_result ON drifts (store, corrected, at, id);
CREATE INDEX drifts_of_sku ON drifts (sku, at, id);
-- The list of unmatched lines of one store, by their orders.
CREATE INDEX unmatched_lines_of_store ON unmatched_lines (store, number, position);
