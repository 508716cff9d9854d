DROP INDEX promotion_drafts_of_edit;
DELETE FROM promotion_drafts WHERE edits_id IS NOT NULL;
ALTER TABLE promotion_draft_products DROP COLUMN removing;
ALTER TABLE promotion_draft_products DROP COLUMN shown_quantity;
ALTER TABLE promotion_drafts DROP COLUMN shown_ends_at;
ALTER TABLE promotion_drafts DROP COLUMN shown_name;
ALTER TABLE promotion_drafts DROP COLUMN edits_id;

-- A product that was removed before it sold anything leaves nothing.
DELETE FROM holds WHERE quantity = 0;
ALTER TABLE holds DROP CONSTRAINT holds_removed_check;
ALTER TABLE holds DROP CONSTRAINT holds_quantity_check;
ALTER TABLE holds ADD CONSTRAINT holds_quantity_check CHECK (quantity BETWEEN 1 AND 1000000000);
ALTER TABLE holds DROP COLUMN removed;

DROP TABLE promotion_changes;
DROP FUNCTION refuse_history_change;
