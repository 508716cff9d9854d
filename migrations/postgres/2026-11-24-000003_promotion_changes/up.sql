-- The life of a flash sale, line by line: its creation, every edit while it ran, its early end. Append-only. `number`
-- counts the lines of a promotion in the order in which they happened. What a line is about says `kind`, and the
-- columns of that kind have the values before and after it.
CREATE TABLE promotion_changes (
    promotion_id    TEXT      COLLATE "C" NOT NULL REFERENCES promotions (id),
    number          BIGINT    NOT NULL CHECK (number > 0),
    at              TIMESTAMP NOT NULL,
    actor           TEXT      COLLATE "C" NOT NULL,
    kind            TEXT      COLLATE "C" NOT NULL,
    sku             TEXT      COLLATE "C" REFERENCES skus (code),
    name_before     TEXT      COLLATE "C",
    name_after      TEXT      COLLATE "C",
    ends_before     TIMESTAMP,
    ends_after      TIMESTAMP,
    quantity_before BIGINT,
    quantity_after  BIGINT,
    PRIMARY KEY (promotion_id, number)
);

CREATE FUNCTION refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of a promotion is never changed or deleted: write a new line';
END
$$;

CREATE TRIGGER promotion_changes_never_change BEFORE UPDATE OR DELETE ON promotion_changes
    FOR EACH ROW EXECUTE FUNCTION refuse_history_change();
CREATE TRIGGER promotion_changes_never_go BEFORE TRUNCATE ON promotion_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();

-- What is known of the promotions that were created before there was a history.
INSERT INTO promotion_changes (promotion_id, number, at, actor, kind, ends_after)
SELECT id, 1, created_at, created_by, 'created', scheduled_ends_at FROM promotions;
INSERT INTO promotion_changes (promotion_id, number, at, actor, kind, ends_before, ends_after)
SELECT id, 2, ends_at, ended_by, 'ended_early', scheduled_ends_at, ends_at FROM promotions WHERE ended_by IS NOT NULL;

-- A product that was removed from a running sale keeps on record what it sold, and nothing else: its quantity is that.
-- Its hold ended when it was removed, before that of its promotion.
ALTER TABLE holds ADD COLUMN removed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE holds DROP CONSTRAINT holds_quantity_check;
ALTER TABLE holds ADD CONSTRAINT holds_quantity_check CHECK (quantity BETWEEN 0 AND 1000000000);
ALTER TABLE holds ADD CONSTRAINT holds_removed_check
    CHECK (CASE WHEN removed THEN quantity = sold ELSE quantity > 0 END);

-- A draft may be that of an edit: `edits_id` is the running promotion, the `shown_` columns have what its form showed
-- when the edit began. A product that is being added has shown no quantity; one that is to go is marked.
ALTER TABLE promotion_drafts ADD COLUMN edits_id TEXT COLLATE "C";
ALTER TABLE promotion_drafts ADD COLUMN shown_name TEXT COLLATE "C";
ALTER TABLE promotion_drafts ADD COLUMN shown_ends_at TIMESTAMP;
ALTER TABLE promotion_draft_products ADD COLUMN shown_quantity BIGINT;
ALTER TABLE promotion_draft_products ADD COLUMN removing BOOLEAN NOT NULL DEFAULT FALSE;

-- Everybody has one edit of a promotion at a time.
CREATE UNIQUE INDEX promotion_drafts_of_edit ON promotion_drafts (edits_id, created_by) WHERE edits_id IS NOT NULL;
