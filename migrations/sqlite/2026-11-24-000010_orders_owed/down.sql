CREATE INDEX orders_owed ON orders (placed_at, number, store, oversold) WHERE oversold > 0 AND status = 'open';
