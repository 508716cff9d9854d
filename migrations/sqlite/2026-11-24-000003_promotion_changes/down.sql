DROP INDEX promotion_drafts_of_edit;
DELETE FROM promotion_drafts WHERE edits_id IS NOT NULL;
ALTER TABLE promotion_draft_products DROP COLUMN removing;
ALTER TABLE promotion_draft_products DROP COLUMN shown_quantity;
ALTER TABLE promotion_drafts DROP COLUMN shown_ends_at;
ALTER TABLE promotion_drafts DROP COLUMN shown_name;
ALTER TABLE promotion_drafts DROP COLUMN edits_id;

CREATE TABLE holds_without_removed (
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

-- A product that was removed before it sold anything leaves nothing.
INSERT INTO holds_without_removed (sku, promotion_id, store, ends_at, quantity, sold, settled)
SELECT sku, promotion_id, store, ends_at, quantity, sold, settled FROM holds WHERE quantity > 0;
DROP TABLE holds;
ALTER TABLE holds_without_removed RENAME TO holds;

CREATE INDEX holds_of_promotion ON holds (promotion_id, sku);
CREATE INDEX holds_open ON holds (sku, store, ends_at) WHERE settled = FALSE;
CREATE INDEX holds_open_of_store ON holds (store, sku, ends_at) WHERE settled = FALSE;

DROP TABLE promotion_changes;
