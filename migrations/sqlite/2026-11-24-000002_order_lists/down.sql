DROP TABLE promotion_orders;
DROP INDEX orders_oversold_of_store;
DROP INDEX orders_oversold;
DROP INDEX orders_of_store;
CREATE INDEX orders_by_time ON orders (placed_at, number, store);
CREATE INDEX orders_of_store ON orders (store, placed_at, number);
CREATE INDEX orders_oversold ON orders (placed_at, number, store) WHERE oversold > 0;
