-- Listings whose last request failed are retried in a lane of their own.
CREATE INDEX pushes_retries ON pushes (store, due_at, sku) WHERE problem IS NOT NULL;
