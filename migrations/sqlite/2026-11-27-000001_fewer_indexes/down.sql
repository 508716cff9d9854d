DROP INDEX push_log_of_sku;
CREATE INDEX push_log_of_sku ON push_log (sku, outcome, at, id);
CREATE INDEX push_log_of_listing ON push_log (sku, store, outcome, at, id);

DROP INDEX pushes_behind;
CREATE INDEX pushes_behind ON pushes (store, sku) WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_too_much ON pushes (store, sku) WHERE lower_since IS NOT NULL;
CREATE INDEX pushes_claimed ON pushes (store, sku) WHERE claim IS NOT NULL;
CREATE INDEX pushes_waiting ON pushes (store, sku)
    WHERE behind_since IS NOT NULL AND (problem IS NULL OR problem NOT IN ('locked', 'mapping'));
