-- The end of the last window of orders that had the whole overlap: between two of those, windows reach back less.
ALTER TABLE pulls ADD COLUMN swept_until TIMESTAMP;
