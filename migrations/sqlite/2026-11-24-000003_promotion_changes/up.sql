-- The life of a flash sale, line by line: its creation, every edit while it ran, its early end. Append-only. `number`
-- counts the lines of a promotion in the order in which they happened. What a line is about says `kind`, and the
-- columns of that kind have the values before and after it.
CREATE TABLE promotion_changes (
    promotion_id    TEXT      NOT NULL REFERENCES promotions (id),
    number          BIGINT    NOT NULL CHECK (number > 0),
    at              TIMESTAMP NOT NULL,
    actor           TEXT      NOT NULL,
    kind            TEXT      NOT NULL,
    sku             TEXT      REFERENCES skus (code),
    name_before     TEXT,
    name_after      TEXT,
    ends_before     TIMESTAMP,
    ends_after      TIMESTAMP,
    quantity_before BIGINT,
    quantity_after  BIGINT,
    PRIMARY KEY (promotion_id, number)
) WITHOUT ROWID;

CREATE TRIGGER promotion_changes_never_change BEFORE UPDATE ON promotion_changes BEGIN
    SELECT RAISE(ABORT, 'the history of a promotion is never changed: write a new line');
END;

CREATE TRIGGER promotion_changes_never_go BEFORE DELETE ON promotion_changes BEGIN
    SELECT RAISE(ABORT, 'the history of a promotion is never deleted: write a new line');
END;

-- What is known of the promotions that were created before there was a history.
INSERT INTO promotion_changes (promotion_id, number, at, actor, kind, ends_after)
SELECT id, 1, created_at, created_by, 'created', scheduled_ends_at FROM promotions;
INSERT INTO promotion_changes (promotion_id, number, at, actor, kind, ends_before, ends_after)
SELECT id, 2, ends_at, ended_by, 'ended_early', scheduled_ends_at, ends_at FROM promotions WHERE ended_by IS NOT NULL;

-- A product that was removed from a running sale keeps on record what it sold, and nothing else: its quantity is that.
-- Its hold ended when it was removed, before that of its promotion. SQLite changes a check only with the whole table.
CREATE TABLE holds_with_removed (
    sku          TEXT      NOT NULL REFERENCES skus (code),
    promotion_id TEXT      NOT NULL REFERENCES promotions (id),
    store        TEXT      NOT NULL REFERENCES stores (code),
    ends_at      TIMESTAMP NOT NULL,
    quantity     BIGINT    NOT NULL CHECK (quantity BETWEEN 0 AND 1000000000),
    sold         BIGINT    NOT NULL DEFAULT 0,
    settled      BOOLEAN   NOT NULL DEFAULT FALSE,
    removed      BOOLEAN   NOT NULL DEFAULT FALSE,
    PRIMARY KEY (sku, promotion_id),
    CHECK (sold BETWEEN 0 AND quantity),
    CHECK (CASE WHEN removed THEN quantity = sold ELSE quantity > 0 END)
) WITHOUT ROWID;

INSERT INTO holds_with_removed (sku, promotion_id, store, ends_at, quantity, sold, settled)
SELECT sku, promotion_id, store, ends_at, quantity, sold, settled FROM holds;
DROP TABLE holds;
ALTER TABLE holds_with_removed RENAME TO holds;

CREATE INDEX holds_of_promotion ON holds (promotion_id, sku);
CREATE INDEX holds_open ON holds (sku, store, ends_at) WHERE settled = FALSE;
CREATE INDEX holds_open_of_store ON holds (store, sku, ends_at) WHERE settled = FALSE;

-- A draft may be that of an edit: `edits_id` is the running promotion, the `shown_` columns have what its form showed
-- when the edit began. A product that is being added has shown no quantity; one that is to go is marked.
ALTER TABLE promotion_drafts ADD COLUMN edits_id TEXT;
ALTER TABLE promotion_drafts ADD COLUMN shown_name TEXT;
ALTER TABLE promotion_drafts ADD COLUMN shown_ends_at TIMESTAMP;
ALTER TABLE promotion_draft_products ADD COLUMN shown_quantity BIGINT;
ALTER TABLE promotion_draft_products ADD COLUMN removing BOOLEAN NOT NULL DEFAULT FALSE;

-- Everybody has one edit of a promotion at a time.
CREATE UNIQUE INDEX promotion_drafts_of_edit ON promotion_drafts (edits_id, created_by) WHERE edits_id IS NOT NULL;
