ALTER TABLE quantity_change_counter DROP COLUMN at;

DROP INDEX push_log_of_listing;
DROP INDEX push_log_of_sku;
DROP INDEX push_log_of_store;
DROP INDEX push_log_by_time;

CREATE INDEX push_log_of_store ON push_log (store, id);
CREATE INDEX push_log_of_sku ON push_log (sku, id);
CREATE INDEX push_log_of_outcome ON push_log (outcome, id) WHERE outcome <> 'acknowledged';
CREATE INDEX push_log_by_time ON push_log (at);
