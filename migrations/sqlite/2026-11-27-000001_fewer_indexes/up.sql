-- Each listing that falls behind and catches up again is put into every index of what is behind and taken out of it. One
-- has what the states of a listing follow from, and what its own condition asks for: without that, SQLite does not read it
-- alone.
DROP INDEX pushes_waiting;
DROP INDEX pushes_claimed;
DROP INDEX pushes_too_much;
DROP INDEX pushes_behind;
CREATE INDEX pushes_behind ON pushes (store, sku, claim, due_at, lower_since, problem, behind_since)
    WHERE behind_since IS NOT NULL;

-- The lines of a listing are found among those of its SKU.
DROP INDEX push_log_of_listing;
DROP INDEX push_log_of_sku;
CREATE INDEX push_log_of_sku ON push_log (sku, outcome, at, id, store);
