-- What the stores have sold. An order is known by its store and its number; one that was cancelled before it came in is
-- here without lines until it does.
CREATE TABLE orders (
    store       TEXT      NOT NULL REFERENCES stores (code),
    number      TEXT      NOT NULL,
    status      TEXT      NOT NULL CHECK (status IN ('open', 'shipped', 'cancelled')),
    placed_at   TIMESTAMP NOT NULL,
    received_at TIMESTAMP NOT NULL,
    received_by TEXT      NOT NULL,
    closed_at   TIMESTAMP,
    closed_by   TEXT,
    units       BIGINT    NOT NULL CHECK (units >= 0),
    oversold    BIGINT    NOT NULL CHECK (oversold BETWEEN 0 AND units),
    PRIMARY KEY (number, store),
    CHECK ((status = 'open') = (closed_at IS NULL))
) WITHOUT ROWID;

CREATE INDEX orders_by_time ON orders (placed_at, number, store);
CREATE INDEX orders_of_store ON orders (store, placed_at, number);
CREATE INDEX orders_of_status ON orders (status, placed_at, number, store);
CREATE INDEX orders_oversold ON orders (placed_at, number, store) WHERE oversold > 0;

-- `promotion_id` is the flash sale that the line belongs to: its store held the SKU when the order was placed. An order
-- that was cancelled before it came in has taken nothing.
CREATE TABLE order_lines (
    store            TEXT   NOT NULL,
    number           TEXT   NOT NULL,
    position         BIGINT NOT NULL,
    sku              TEXT   NOT NULL REFERENCES skus (code),
    quantity         BIGINT NOT NULL CHECK (quantity > 0),
    unit_price_minor BIGINT CHECK (unit_price_minor >= 0),
    promotion_id     TEXT   REFERENCES promotions (id),
    from_hold        BIGINT NOT NULL CHECK (from_hold >= 0),
    from_shared      BIGINT NOT NULL CHECK (from_shared >= 0),
    oversold         BIGINT NOT NULL CHECK (oversold >= 0),
    PRIMARY KEY (number, store, position),
    FOREIGN KEY (number, store) REFERENCES orders (number, store),
    CHECK (from_hold + from_shared + oversold IN (0, quantity))
) WITHOUT ROWID;

CREATE INDEX order_lines_of_promotion ON order_lines (promotion_id, sku) WHERE promotion_id IS NOT NULL;
CREATE INDEX order_lines_oversold ON order_lines (sku) WHERE oversold > 0;

-- The order that an entry is about.
ALTER TABLE ledger_entries ADD COLUMN order_number TEXT;
