CREATE TABLE stores (
    code        TEXT      NOT NULL PRIMARY KEY,
    name        TEXT      NOT NULL,
    marketplace TEXT      NOT NULL,
    time_zone   TEXT      NOT NULL,
    created_at  TIMESTAMP NOT NULL
) WITHOUT ROWID;

-- `number` is SQLite's own number of the row, named so that a VACUUM keeps it: the search index refers to it.
CREATE TABLE skus (
    number     INTEGER   PRIMARY KEY,
    code       TEXT      NOT NULL UNIQUE,
    name       TEXT      NOT NULL,
    search_key TEXT      NOT NULL,
    on_hand    BIGINT    NOT NULL CHECK (on_hand BETWEEN 0 AND 1000000000),
    committed  BIGINT    NOT NULL DEFAULT 0 CHECK (committed >= 0),
    oversold   BIGINT    NOT NULL DEFAULT 0 CHECK (oversold >= 0),
    buffer     BIGINT    NOT NULL DEFAULT 0 CHECK (buffer BETWEEN 0 AND 1000000000),
    revision   BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- Finds a part of a code or a name without reading every row. Trigrams need three characters of the term.
CREATE VIRTUAL TABLE sku_search USING fts5 (search_key, content = 'skus', content_rowid = 'number', tokenize = 'trigram');

CREATE TRIGGER skus_inserted AFTER INSERT ON skus BEGIN
    INSERT INTO sku_search (rowid, search_key) VALUES (new.number, new.search_key);
END;

CREATE TRIGGER skus_renamed AFTER UPDATE OF search_key ON skus WHEN old.search_key <> new.search_key BEGIN
    INSERT INTO sku_search (sku_search, rowid, search_key) VALUES ('delete', old.number, old.search_key);
    INSERT INTO sku_search (rowid, search_key) VALUES (new.number, new.search_key);
END;

CREATE TRIGGER skus_deleted AFTER DELETE ON skus BEGIN
    INSERT INTO sku_search (sku_search, rowid, search_key) VALUES ('delete', old.number, old.search_key);
END;

-- The SKUs that open orders are owed units of: few, and somebody has to look at them.
CREATE INDEX skus_oversold ON skus (code) WHERE oversold > 0;

CREATE TABLE listings (
    sku        TEXT      NOT NULL REFERENCES skus (code),
    store      TEXT      NOT NULL REFERENCES stores (code),
    seller_sku TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (sku, store)
) WITHOUT ROWID;

CREATE INDEX listings_of_store ON listings (store, sku);

-- Append-only. The changes of a SKU's entries add up to its totals; the `_after` columns are the running balance.
-- `number` counts the entries of a SKU in the order in which they happened, which a clock cannot tell: it is the
-- `revision` that the entry made of the SKU.
CREATE TABLE ledger_entries (
    sku              TEXT      NOT NULL REFERENCES skus (code),
    number           BIGINT    NOT NULL CHECK (number > 0),
    at               TIMESTAMP NOT NULL,
    actor            TEXT      NOT NULL,
    kind             TEXT      NOT NULL,
    reason           TEXT      NOT NULL,
    promotion_id     TEXT,
    store            TEXT,
    on_hand_change   BIGINT    NOT NULL,
    committed_change BIGINT    NOT NULL,
    oversold_change  BIGINT    NOT NULL,
    buffer_change    BIGINT    NOT NULL,
    held_change      BIGINT    NOT NULL,
    sold_change      BIGINT    NOT NULL,
    on_hand_after    BIGINT    NOT NULL,
    committed_after  BIGINT    NOT NULL,
    oversold_after   BIGINT    NOT NULL,
    buffer_after     BIGINT    NOT NULL,
    PRIMARY KEY (sku, number)
) WITHOUT ROWID;

-- The first entry of a SKU is its opening stock, and no other is: an import of new SKUs adds nothing to this.
CREATE INDEX ledger_entries_by_kind ON ledger_entries (sku, kind, number) WHERE kind <> 'opening_stock';
CREATE INDEX ledger_entries_of_promotion ON ledger_entries (promotion_id, sku, number) WHERE promotion_id IS NOT NULL;

CREATE TRIGGER ledger_entries_never_change BEFORE UPDATE ON ledger_entries BEGIN
    SELECT RAISE(ABORT, 'ledger entries are never changed: write a new one');
END;

CREATE TRIGGER ledger_entries_never_go BEFORE DELETE ON ledger_entries BEGIN
    SELECT RAISE(ABORT, 'ledger entries are never deleted: write a new one');
END;
