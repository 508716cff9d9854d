-- An order is stored as what it is now at its store: `updated_at` is when that said so, if it did. An order that the
-- marketplace ships from its own warehouse takes nothing.
ALTER TABLE orders ADD COLUMN updated_at TIMESTAMP;
ALTER TABLE orders ADD COLUMN payment TEXT COLLATE "C" NOT NULL DEFAULT 'paid' CHECK (payment IN ('pending', 'paid'));
ALTER TABLE orders ADD COLUMN fulfilled_by TEXT COLLATE "C" NOT NULL DEFAULT 'seller'
    CHECK (fulfilled_by IN ('seller', 'marketplace'));

-- A row is what one line has of one SKU: a line of a kit has several. `line_id` is the store's own, `seller_sku` is what the
-- line named if it did not name the SKU, and `per_unit` how many units of the SKU one of it is.
ALTER TABLE order_lines ADD COLUMN line_id TEXT COLLATE "C";
ALTER TABLE order_lines ADD COLUMN seller_sku TEXT COLLATE "C";
ALTER TABLE order_lines ADD COLUMN per_unit BIGINT NOT NULL DEFAULT 1 CHECK (per_unit > 0);
-- Where it is not the status of the order.
ALTER TABLE order_lines ADD COLUMN own_status TEXT COLLATE "C" CHECK (own_status IN ('open', 'shipped', 'cancelled'));
-- Of the units that were shipped, those that came back, and what was decided about them.
ALTER TABLE order_lines ADD COLUMN returned BIGINT NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND quantity);
ALTER TABLE order_lines ADD COLUMN restocked BIGINT NOT NULL DEFAULT 0 CHECK (restocked >= 0);
ALTER TABLE order_lines ADD COLUMN written_off BIGINT NOT NULL DEFAULT 0
    CHECK (written_off >= 0 AND restocked + written_off <= returned);
ALTER TABLE order_lines ADD COLUMN returned_at TIMESTAMP;
CREATE INDEX order_lines_returned ON order_lines (returned_at, number, store, position)
    WHERE returned > restocked + written_off;

-- Lines whose seller SKU no listing has. They take nothing until one has it.
CREATE TABLE unmatched_lines (
    store            TEXT COLLATE "C" NOT NULL,
    number           TEXT COLLATE "C" NOT NULL,
    position         BIGINT NOT NULL,
    line_id          TEXT COLLATE "C",
    seller_sku       TEXT COLLATE "C" NOT NULL,
    quantity         BIGINT NOT NULL CHECK (quantity > 0),
    own_status       TEXT COLLATE "C" CHECK (own_status IN ('open', 'shipped', 'cancelled')),
    returned         BIGINT NOT NULL CHECK (returned BETWEEN 0 AND quantity),
    unit_price_minor BIGINT CHECK (unit_price_minor >= 0),
    price_decimals   INTEGER NOT NULL CHECK (price_decimals BETWEEN 0 AND 4),
    PRIMARY KEY (number, store, position),
    FOREIGN KEY (number, store) REFERENCES orders (number, store) DEFERRABLE INITIALLY IMMEDIATE
);
CREATE INDEX unmatched_lines_by_seller_sku ON unmatched_lines (store, seller_sku, number, position);

-- What became of an order after it was recorded, in words.
CREATE TABLE order_changes (
    store   TEXT COLLATE "C" NOT NULL,
    number  TEXT COLLATE "C" NOT NULL,
    nth     BIGINT NOT NULL CHECK (nth > 0),
    at      TIMESTAMP NOT NULL,
    actor   TEXT COLLATE "C" NOT NULL,
    details TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (number, store, nth),
    FOREIGN KEY (number, store) REFERENCES orders (number, store) DEFERRABLE INITIALLY IMMEDIATE
);

-- Orders of a listing that was taken off still come in.
CREATE INDEX retiring_listings_by_seller_sku ON retiring_listings (store, seller_sku);
