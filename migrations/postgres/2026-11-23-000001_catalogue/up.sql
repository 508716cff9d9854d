CREATE TABLE stores (
    code        TEXT      COLLATE "C" NOT NULL PRIMARY KEY,
    name        TEXT      COLLATE "C" NOT NULL,
    marketplace TEXT      COLLATE "C" NOT NULL,
    time_zone   TEXT      COLLATE "C" NOT NULL,
    created_at  TIMESTAMP NOT NULL
);

CREATE TABLE skus (
    code       TEXT      COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT      COLLATE "C" NOT NULL,
    search_key TEXT      COLLATE "C" NOT NULL,
    on_hand    BIGINT    NOT NULL CHECK (on_hand BETWEEN 0 AND 1000000000),
    committed  BIGINT    NOT NULL DEFAULT 0 CHECK (committed >= 0),
    oversold   BIGINT    NOT NULL DEFAULT 0 CHECK (oversold >= 0),
    buffer     BIGINT    NOT NULL DEFAULT 0 CHECK (buffer BETWEEN 0 AND 1000000000),
    revision   BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- Finds a part of a code or a name without reading every row. Trigrams need three characters of the term.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX skus_search ON skus USING gin (search_key gin_trgm_ops);

-- The SKUs that open orders are owed units of: few, and somebody has to look at them.
CREATE INDEX skus_oversold ON skus (code) WHERE oversold > 0;

CREATE TABLE listings (
    sku        TEXT      COLLATE "C" NOT NULL REFERENCES skus (code),
    store      TEXT      COLLATE "C" NOT NULL REFERENCES stores (code),
    seller_sku TEXT      COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (sku, store)
);

CREATE INDEX listings_of_store ON listings (store, sku);

-- Append-only. The changes of a SKU's entries add up to its totals; the `_after` columns are the running balance.
-- `number` counts the entries of a SKU in the order in which they happened, which a clock cannot tell: it is the
-- `revision` that the entry made of the SKU.
CREATE TABLE ledger_entries (
    sku              TEXT      COLLATE "C" NOT NULL REFERENCES skus (code),
    number           BIGINT    NOT NULL CHECK (number > 0),
    at               TIMESTAMP NOT NULL,
    actor            TEXT      COLLATE "C" NOT NULL,
    kind             TEXT      COLLATE "C" NOT NULL,
    reason           TEXT      COLLATE "C" NOT NULL,
    promotion_id     TEXT COLLATE "C",
    store            TEXT COLLATE "C",
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
);

-- The first entry of a SKU is its opening stock, and no other is: an import of new SKUs adds nothing to this.
CREATE INDEX ledger_entries_by_kind ON ledger_entries (sku, kind, number) WHERE kind <> 'opening_stock';
CREATE INDEX ledger_entries_of_promotion ON ledger_entries (promotion_id, sku, number) WHERE promotion_id IS NOT NULL;

CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger entries are never changed or deleted: write a new one';
END
$$;

CREATE TRIGGER ledger_entries_never_change BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER ledger_entries_never_go BEFORE TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
