-- The kits of a draft, by their seller SKU at the draft's store: it says what they are made of when it is needed.
CREATE TABLE promotion_draft_kits (
    draft_id       TEXT   NOT NULL REFERENCES promotion_drafts (id) ON DELETE CASCADE,
    seller_sku     TEXT   NOT NULL,
    position       BIGINT NOT NULL,
    quantity_typed TEXT   NOT NULL,
    PRIMARY KEY (draft_id, seller_sku)
) WITHOUT ROWID;

-- The kits of a store are listed by their seller SKU, and most listings are no kits.
CREATE INDEX listings_kits ON listings (store, seller_sku) WHERE sku = '';
