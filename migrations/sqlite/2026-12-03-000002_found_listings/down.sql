DROP INDEX skus_by_likeness;
ALTER TABLE connections DROP COLUMN started_at;
DROP TABLE found_tasks;
DROP TABLE listing_fetches;
DROP TABLE found_listings;
