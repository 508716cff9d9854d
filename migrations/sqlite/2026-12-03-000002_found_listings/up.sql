-- What the marketplaces list for each store, whether it is listed here or not. What they do not list any more stays, marked.
CREATE TABLE found_listings (
    store       TEXT NOT NULL REFERENCES stores (code),
    -- Its ids in one text, by which lists are sorted.
    key         TEXT NOT NULL,
    item_id     TEXT NOT NULL,
    variant_id  TEXT,
    seller_sku  TEXT NOT NULL,
    title       TEXT NOT NULL,
    search_key  TEXT NOT NULL,
    status      TEXT NOT NULL,
    picture     TEXT NOT NULL,
    price_minor BIGINT CHECK (price_minor >= 0),
    currency    TEXT,
    shown       BIGINT,
    seen_at     TIMESTAMP NOT NULL,
    -- The number of the fetch that saw it last.
    seen_in     BIGINT NOT NULL,
    gone_at     TIMESTAMP,
    is_ignored  BOOLEAN NOT NULL DEFAULT FALSE,
    -- What follows from the catalogue, as of the last time that it was matched.
    state       TEXT NOT NULL,
    sku         TEXT,
    listing     TEXT,
    -- Why the last thing that was asked for was not done.
    note        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (store, key)
) WITHOUT ROWID;
CREATE INDEX found_listings_in_state ON found_listings (store, state, key);
CREATE INDEX found_listings_by_seller_sku ON found_listings (store, seller_sku);
CREATE INDEX found_listings_searched ON found_listings (store, key, search_key);

-- How far each store is with reading what its marketplace lists.
CREATE TABLE listing_fetches (
    store       TEXT NOT NULL PRIMARY KEY REFERENCES stores (code),
    number      BIGINT NOT NULL,
    phase       TEXT NOT NULL,
    -- Where it goes on: in the marketplace's list, or in found_listings.
    place       TEXT,
    found       BIGINT NOT NULL DEFAULT 0,
    unreadable  BIGINT NOT NULL DEFAULT 0,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    -- When the next part is to be read. While a server reads one, when another may take over.
    due_at      TIMESTAMP NOT NULL,
    failures    BIGINT NOT NULL DEFAULT 0,
    problem     TEXT
) WITHOUT ROWID;

-- What is to be done with all found listings of a store in one state.
CREATE TABLE found_tasks (
    store   TEXT NOT NULL PRIMARY KEY REFERENCES stores (code),
    task    TEXT NOT NULL,
    -- The last row that was looked at.
    place   TEXT,
    done    BIGINT NOT NULL DEFAULT 0,
    refused BIGINT NOT NULL DEFAULT 0,
    actor   TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
) WITHOUT ROWID;

-- When a person saw what pushing to the store would change, and started it. Stores that were connected before are pushed
-- already.
ALTER TABLE connections ADD COLUMN started_at TIMESTAMP;
UPDATE connections SET started_at = created_at;

-- Codes that differ only in the case of A to Z, in spaces and in punctuation.
CREATE INDEX skus_by_likeness ON skus (lower(replace(replace(replace(replace(replace(replace(replace(code, ' ', ''), '-', ''), '_', ''), '.', ''), '/', ''), ':', ''), '#', '')));
