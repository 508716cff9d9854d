-- When a message said that something is new in a list that was being read: the part with it may have been read before.
ALTER TABLE listing_fetches ADD COLUMN news_at TIMESTAMP;
