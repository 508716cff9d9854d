DROP INDEX listings_kits;
DROP TABLE promotion_draft_kits;
