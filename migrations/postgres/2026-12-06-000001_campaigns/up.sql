-- What the marketplaces' own promotions lock of each listing, as it was read last.
CREATE TABLE campaigns (
    store      TEXT      COLLATE "C" NOT NULL REFERENCES connections (store) ON DELETE CASCADE DEFERRABLE,
    -- The same for all listings of one campaign of a store.
    campaign   TEXT      COLLATE "C" NOT NULL,
    listing    TEXT      COLLATE "C" NOT NULL,
    name       TEXT      COLLATE "C" NOT NULL,
    units      BIGINT    NOT NULL CHECK (units > 0),
    starts_at  TIMESTAMP,
    ends_at    TIMESTAMP,
    -- A flash sale that ends then or later covers it: the last whole minute before its end.
    sale_until TIMESTAMP,
    read_at    TIMESTAMP NOT NULL,
    PRIMARY KEY (store, campaign, listing)
);
CREATE INDEX campaigns_of_listing ON campaigns (listing);

-- How far each store is with reading its campaigns.
CREATE TABLE campaign_reads (
    store        TEXT      COLLATE "C" NOT NULL PRIMARY KEY
        REFERENCES connections (store) ON DELETE CASCADE DEFERRABLE,
    -- The last listing of the pass that is under way, in the order of the store's list; NULL between passes.
    place        TEXT      COLLATE "C",
    started_at   TIMESTAMP NOT NULL,
    finished_at  TIMESTAMP,
    due_at       TIMESTAMP NOT NULL,
    leased_until TIMESTAMP,
    failures     BIGINT    NOT NULL DEFAULT 0 CHECK (failures >= 0),
    problem_text TEXT      COLLATE "C"
);

-- Products that messages of the marketplace about campaigns were about: theirs are read next.
CREATE TABLE campaign_hints (
    store    TEXT      COLLATE "C" NOT NULL REFERENCES connections (store) ON DELETE CASCADE DEFERRABLE,
    item_id  TEXT      COLLATE "C" NOT NULL,
    noted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (store, item_id)
);

-- Orders that were finished before those of their store were read have a word of their own.
ALTER TABLE orders DROP CONSTRAINT orders_fulfilled_by_check;
ALTER TABLE orders ADD CONSTRAINT orders_fulfilled_by_check CHECK (fulfilled_by IN ('seller', 'marketplace', 'earlier'));
