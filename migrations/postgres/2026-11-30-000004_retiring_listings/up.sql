-- A listing that was taken off and that its store may still show: it is deleted once the store shows 0 of it. It takes part
-- in nothing else, so it is not among the listings.
CREATE TABLE retiring_listings (
    sku        TEXT      COLLATE "C" NOT NULL REFERENCES skus (code),
    store      TEXT      COLLATE "C" NOT NULL REFERENCES stores (code),
    seller_sku TEXT      COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    item_id    TEXT      COLLATE "C",
    variant_id TEXT      COLLATE "C",
    retired_at TIMESTAMP NOT NULL,
    retired_by TEXT      COLLATE "C" NOT NULL,
    PRIMARY KEY (sku, store)
);

CREATE INDEX retiring_listings_of_store ON retiring_listings (store, sku);

-- A push is that of a listing or of a retiring one, so it refers to neither.
ALTER TABLE pushes DROP CONSTRAINT pushes_sku_store_fkey;

-- An import that would take many listings off its stores asks first: nothing of it is applied while it is here.
CREATE TABLE import_questions (
    import_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES imports (id),
    question  TEXT COLLATE "C" NOT NULL
);
