ALTER TABLE listing_fetches DROP COLUMN news_at;
