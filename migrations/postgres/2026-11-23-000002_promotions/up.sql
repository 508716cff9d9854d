-- Whether a promotion runs is never stored: `starts_at <= now < ends_at`. Ending one early moves `ends_at` to that
-- moment and keeps the schedule it had in `scheduled_ends_at`.
CREATE TABLE promotions (
    id                TEXT      COLLATE "C" NOT NULL PRIMARY KEY,
    draft_id          TEXT COLLATE "C" UNIQUE,
    name              TEXT      COLLATE "C" NOT NULL,
    search_key        TEXT      COLLATE "C" NOT NULL,
    flash_sale_type   TEXT      COLLATE "C" NOT NULL CHECK (flash_sale_type IN ('stock_allocation', 'stock_reservation')),
    store             TEXT      COLLATE "C" NOT NULL REFERENCES stores (code),
    starts_at         TIMESTAMP NOT NULL,
    ends_at           TIMESTAMP NOT NULL,
    scheduled_ends_at TIMESTAMP NOT NULL,
    ended_by          TEXT COLLATE "C",
    created_at        TIMESTAMP NOT NULL,
    created_by        TEXT      COLLATE "C" NOT NULL,
    CHECK (starts_at <= ends_at AND ends_at <= scheduled_ends_at)
);

CREATE INDEX promotions_search ON promotions USING gin (search_key gin_trgm_ops);
CREATE INDEX promotions_by_end ON promotions (ends_at, id);
CREATE INDEX promotions_of_store ON promotions (store, id);
CREATE INDEX promotions_of_type ON promotions (flash_sale_type, id);

-- `ends_at` repeats the promotion's, so that the live holds of a SKU are found in one index.
CREATE TABLE holds (
    sku          TEXT      COLLATE "C" NOT NULL REFERENCES skus (code),
    promotion_id TEXT      COLLATE "C" NOT NULL REFERENCES promotions (id),
    store        TEXT      COLLATE "C" NOT NULL REFERENCES stores (code),
    ends_at      TIMESTAMP NOT NULL,
    quantity     BIGINT    NOT NULL CHECK (quantity BETWEEN 1 AND 1000000000),
    sold         BIGINT    NOT NULL DEFAULT 0,
    settled      BOOLEAN   NOT NULL DEFAULT FALSE,
    PRIMARY KEY (sku, promotion_id),
    CHECK (sold BETWEEN 0 AND quantity)
);

CREATE INDEX holds_of_promotion ON holds (promotion_id, sku);

-- The holds that may be live, by SKU: a sale that is over is settled some time later and leaves this index, which
-- keeps it as small as what runs. Nothing relies on that for being right: `ends_at` decides.
CREATE INDEX holds_open ON holds (sku, store, ends_at) WHERE settled = FALSE;
CREATE INDEX holds_open_of_store ON holds (store, sku, ends_at) WHERE settled = FALSE;

-- What the create form keeps between its steps, as it was typed. The promotion made of it names it in `draft_id`.
CREATE TABLE promotion_drafts (
    id              TEXT      COLLATE "C" NOT NULL PRIMARY KEY,
    name            TEXT      COLLATE "C" NOT NULL,
    search_key      TEXT      COLLATE "C" NOT NULL,
    flash_sale_type TEXT      COLLATE "C" NOT NULL,
    store           TEXT      COLLATE "C" NOT NULL,
    start_typed     TEXT      COLLATE "C" NOT NULL,
    end_typed       TEXT      COLLATE "C" NOT NULL,
    revision        BIGINT    NOT NULL DEFAULT 0,
    created_at      TIMESTAMP NOT NULL,
    created_by      TEXT      COLLATE "C" NOT NULL
);

CREATE INDEX promotion_drafts_of_store ON promotion_drafts (store, id);
CREATE INDEX promotion_drafts_of_type ON promotion_drafts (flash_sale_type, id);

CREATE TABLE promotion_draft_products (
    draft_id       TEXT    COLLATE "C" NOT NULL REFERENCES promotion_drafts (id) ON DELETE CASCADE,
    sku            TEXT    COLLATE "C" NOT NULL REFERENCES skus (code),
    position       BIGINT  NOT NULL,
    quantity_typed TEXT    COLLATE "C" NOT NULL,
    PRIMARY KEY (draft_id, sku)
);

CREATE INDEX promotion_draft_products_in_order ON promotion_draft_products (draft_id, position);
