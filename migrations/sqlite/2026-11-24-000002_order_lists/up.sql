-- The list of orders is read by status, newest first: all orders are the newest of the three.
DROP INDEX orders_by_time;
DROP INDEX orders_of_store;
DROP INDEX orders_oversold;
CREATE INDEX orders_of_store ON orders (store, status, placed_at, number);
-- With a column more to look up than the indexes of all orders have, so that SQLite prefers them.
CREATE INDEX orders_oversold ON orders (status, (oversold > 0), placed_at, number, store) WHERE oversold > 0;
CREATE INDEX orders_oversold_of_store ON orders (store, status, (oversold > 0), placed_at, number) WHERE oversold > 0;

-- The orders of a flash sale, one row for each sale that lines of an order belong to. It repeats what the list is
-- narrowed to and ordered by, so that the list of one sale is read as the list of all is.
CREATE TABLE promotion_orders (
    promotion_id TEXT      NOT NULL REFERENCES promotions (id),
    status       TEXT      NOT NULL,
    placed_at    TIMESTAMP NOT NULL,
    number       TEXT      NOT NULL,
    store        TEXT      NOT NULL,
    is_oversold  BOOLEAN   NOT NULL,
    PRIMARY KEY (promotion_id, status, placed_at, number, store),
    FOREIGN KEY (number, store) REFERENCES orders (number, store)
) WITHOUT ROWID;

CREATE INDEX promotion_orders_oversold ON promotion_orders (promotion_id, status, is_oversold, placed_at, number, store)
    WHERE is_oversold = TRUE;

INSERT INTO promotion_orders (promotion_id, status, placed_at, number, store, is_oversold)
    SELECT DISTINCT order_lines.promotion_id, orders.status, orders.placed_at, orders.number, orders.store,
        orders.oversold > 0
    FROM order_lines
    JOIN orders ON orders.number = order_lines.number AND orders.store = order_lines.store
    WHERE order_lines.promotion_id IS NOT NULL;
