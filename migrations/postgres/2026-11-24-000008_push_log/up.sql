-- The log is read by outcome, like orders by status: an index has the lines of each in the list's order, of all, of a
-- store, of a SKU, and of a listing. A list of several outcomes is the newest of each.
DROP INDEX push_log_of_store;
DROP INDEX push_log_of_sku;
DROP INDEX push_log_of_outcome;
DROP INDEX push_log_by_time;

CREATE INDEX push_log_by_time ON push_log (outcome, at, id);
CREATE INDEX push_log_of_store ON push_log (store, outcome, at, id);
CREATE INDEX push_log_of_sku ON push_log (sku, outcome, at, id);
CREATE INDEX push_log_of_listing ON push_log (sku, store, outcome, at, id);

-- The latest moment by whose quantities a change was numbered: who lists them is not to be behind that.
ALTER TABLE quantity_change_counter ADD COLUMN at TIMESTAMP;
