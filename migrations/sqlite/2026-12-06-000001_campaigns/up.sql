-- What the marketplaces' own promotions lock of each listing, as it was read last.
CREATE TABLE campaigns (
    store      TEXT NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    -- The same for all listings of one campaign of a store.
    campaign   TEXT NOT NULL,
    listing    TEXT NOT NULL,
    name       TEXT NOT NULL,
    units      BIGINT    NOT NULL CHECK (units > 0),
    starts_at  TIMESTAMP,
    ends_at    TIMESTAMP,
    -- A flash sale that ends then or later covers it: the last whole minute before its end.
    sale_until TIMESTAMP,
    read_at    TIMESTAMP NOT NULL,
    PRIMARY KEY (store, campaign, listing)
) WITHOUT ROWID;
CREATE INDEX campaigns_of_listing ON campaigns (listing);

-- How far each store is with reading its campaigns.
CREATE TABLE campaign_reads (
    store        TEXT NOT NULL PRIMARY KEY
        REFERENCES connections (store) ON DELETE CASCADE,
    -- The last listing of the pass that is under way, in the order of the store's list; NULL between passes.
    place        TEXT,
    started_at   TIMESTAMP NOT NULL,
    finished_at  TIMESTAMP,
    due_at       TIMESTAMP NOT NULL,
    leased_until TIMESTAMP,
    failures     BIGINT    NOT NULL DEFAULT 0 CHECK (failures >= 0),
    problem_text TEXT
);

-- Products that messages of the marketplace about campaigns were about: theirs are read next.
CREATE TABLE campaign_hints (
    store    TEXT NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    item_id  TEXT NOT NULL,
    noted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (store, item_id)
) WITHOUT ROWID;

-- Orders that were finished before those of their store were read have a word of their own.
ALTER TABLE orders RENAME COLUMN fulfilled_by TO fulfilled_by_before;
ALTER TABLE orders ADD COLUMN fulfilled_by TEXT NOT NULL DEFAULT 'seller'
    CHECK (fulfilled_by IN ('seller', 'marketplace', 'earlier'));
UPDATE orders SET fulfilled_by = fulfilled_by_before WHERE fulfilled_by_before <> 'seller';
ALTER TABLE orders DROP COLUMN fulfilled_by_before;
