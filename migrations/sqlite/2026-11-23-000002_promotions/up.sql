-- Whether a promotion runs is never stored: `starts_at <= now < ends_at`. Ending one early moves `ends_at` to that
-- moment and keeps the schedule it had in `scheduled_ends_at`.
CREATE TABLE promotions (
    number            INTEGER   PRIMARY KEY,
    id                TEXT      NOT NULL UNIQUE,
    draft_id          TEXT UNIQUE,
    name              TEXT      NOT NULL,
    search_key        TEXT      NOT NULL,
    flash_sale_type   TEXT      NOT NULL CHECK (flash_sale_type IN ('stock_allocation', 'stock_reservation')),
    store             TEXT      NOT NULL REFERENCES stores (code),
    starts_at         TIMESTAMP NOT NULL,
    ends_at           TIMESTAMP NOT NULL,
    scheduled_ends_at TIMESTAMP NOT NULL,
    ended_by          TEXT,
    created_at        TIMESTAMP NOT NULL,
    created_by        TEXT      NOT NULL,
    CHECK (starts_at <= ends_at AND ends_at <= scheduled_ends_at)
);

CREATE INDEX promotions_by_end ON promotions (ends_at, id);
CREATE INDEX promotions_of_store ON promotions (store, id);
CREATE INDEX promotions_of_type ON promotions (flash_sale_type, id);

CREATE VIRTUAL TABLE promotion_search USING fts5 (search_key, content = 'promotions', content_rowid = 'number', tokenize = 'trigram');

CREATE TRIGGER promotions_inserted AFTER INSERT ON promotions BEGIN
    INSERT INTO promotion_search (rowid, search_key) VALUES (new.number, new.search_key);
END;

CREATE TRIGGER promotions_renamed AFTER UPDATE OF search_key ON promotions WHEN old.search_key <> new.search_key BEGIN
    INSERT INTO promotion_search (promotion_search, rowid, search_key) VALUES ('delete', old.number, old.search_key);
    INSERT INTO promotion_search (rowid, search_key) VALUES (new.number, new.search_key);
END;

-- `ends_at` repeats the promotion's, so that the live holds of a SKU are found in one index.
CREATE TABLE holds (
    sku          TEXT      NOT NULL REFERENCES skus (code),
    promotion_id TEXT      NOT NULL REFERENCES promotions (id),
    store        TEXT      NOT NULL REFERENCES stores (code),
    ends_at      TIMESTAMP NOT NULL,
    quantity     BIGINT    NOT NULL CHECK (quantity BETWEEN 1 AND 1000000000),
    sold         BIGINT    NOT NULL DEFAULT 0,
    settled      BOOLEAN   NOT NULL DEFAULT FALSE,
    PRIMARY KEY (sku, promotion_id),
    CHECK (sold BETWEEN 0 AND quantity)
) WITHOUT ROWID;

CREATE INDEX holds_of_promotion ON holds (promotion_id, sku);

-- The holds that may be live, by SKU: a sale that is over is settled some time later and leaves this index, which
-- keeps it as small as what runs. Nothing relies on that for being right: `ends_at` decides.
CREATE INDEX holds_open ON holds (sku, store, ends_at) WHERE settled = FALSE;
CREATE INDEX holds_open_of_store ON holds (store, sku, ends_at) WHERE settled = FALSE;

-- What the create form keeps between its steps, as it was typed. The promotion made of it names it in `draft_id`.
CREATE TABLE promotion_drafts (
    id              TEXT      NOT NULL PRIMARY KEY,
    name            TEXT      NOT NULL,
    search_key      TEXT      NOT NULL,
    flash_sale_type TEXT      NOT NULL,
    store           TEXT      NOT NULL,
    start_typed     TEXT      NOT NULL,
    end_typed       TEXT      NOT NULL,
    revision        BIGINT    NOT NULL DEFAULT 0,
    created_at      TIMESTAMP NOT NULL,
    created_by      TEXT      NOT NULL
) WITHOUT ROWID;

CREATE INDEX promotion_drafts_of_store ON promotion_drafts (store, id);
CREATE INDEX promotion_drafts_of_type ON promotion_drafts (flash_sale_type, id);

CREATE TABLE promotion_draft_products (
    draft_id       TEXT    NOT NULL REFERENCES promotion_drafts (id) ON DELETE CASCADE,
    sku            TEXT    NOT NULL REFERENCES skus (code),
    position       BIGINT  NOT NULL,
    quantity_typed TEXT    NOT NULL,
    PRIMARY KEY (draft_id, sku)
) WITHOUT ROWID;

CREATE INDEX promotion_draft_products_in_order ON promotion_draft_products (draft_id, position);
