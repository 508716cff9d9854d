DROP TABLE promotion_draft_products;
DROP TABLE promotion_drafts;
DROP TABLE holds;
DROP TABLE promotion_search;
DROP TABLE promotions;
