-- What the marketplaces list for each store, whether it is listed here or not. What they do not list any more stays, marked.
CREATE TABLE found_listings (
    store       TEXT COLLATE "C" NOT NULL REFERENCES stores (code) DEFERRABLE INITIALLY IMMEDIATE,
    -- Its ids in one text, by which lists are sorted.
    key         TEXT COLLATE "C" NOT NULL,
    item_id     TEXT COLLATE "C" NOT NULL,
    variant_id  TEXT COLLATE "C",
    seller_sku  TEXT COLLATE "C" NOT NULL,
    title       TEXT COLLATE "C" NOT NULL,
    search_key  TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    picture     TEXT COLLATE "C" NOT NULL,
    price_minor BIGINT CHECK (price_minor >= 0),
    currency    TEXT COLLATE "C",
    shown       BIGINT,
    seen_at     TIMESTAMP NOT NULL,
    -- The number of the fetch that saw it last.
    seen_in     BIGINT NOT NULL,
    gone_at     TIMESTAMP,
    is_ignored  BOOLEAN NOT NULL DEFAULT FALSE,
    -- What follows from the catalogue, as of the last time that it was matched.
    state       TEXT COLLATE "C" NOT NULL,
    sku         TEXT COLLATE "C",
    listing     TEXT COLLATE "C",
    -- Why the last thing that was asked for was not done.
    note        TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (store, key)
);
CREATE INDEX found_listings_in_state ON found_listings (store, state, key);
CREATE INDEX found_listings_by_seller_sku ON found_listings (store, seller_sku);
CREATE INDEX found_listings_searched ON found_listings (store, key, search_key);

-- How far each store is with reading what its marketplace lists.
CREATE TABLE listing_fetches (
    store       TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES stores (code) DEFERRABLE INITIALLY IMMEDIATE,
    number      BIGINT NOT NULL,
    phase       TEXT COLLATE "C" NOT NULL,
    -- Where it goes on: in the marketplace's list, or in found_listings.
    place       TEXT COLLATE "C",
    found       BIGINT NOT NULL DEFAULT 0,
    unreadable  BIGINT NOT NULL DEFAULT 0,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    -- When the next part is to be read. While a server reads one, when another may take over.
    due_at      TIMESTAMP NOT NULL,
    failures    BIGINT NOT NULL DEFAULT 0,
    problem     TEXT COLLATE "C"
);

-- What is to be done with all found listings of a store in one state.
CREATE TABLE found_tasks (
    store   TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES stores (code) DEFERRABLE INITIALLY IMMEDIATE,
    task    TEXT COLLATE "C" NOT NULL,
    -- The last row that was looked at.
    place   TEXT COLLATE "C",
    done    BIGINT NOT NULL DEFAULT 0,
    refused BIGINT NOT NULL DEFAULT 0,
    actor   TEXT COLLATE "C" NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);

-- When a person saw what pushing to the store would change, and started it. Stores that were connected before are pushed
-- already.
ALTER TABLE connections ADD COLUMN started_at TIMESTAMP;
UPDATE connections SET started_at = created_at;

-- Codes that differ only in the case of A to Z, in spaces and in punctuation.
CREATE INDEX skus_by_likeness ON skus ((lower(replace(replace(replace(replace(replace(replace(replace(code, ' ', ''), '-', ''), '_', ''), '.', ''), '/', ''), ':', ''), '#', ''))));
