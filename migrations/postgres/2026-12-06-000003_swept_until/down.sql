ALTER TABLE pulls DROP COLUMN swept_until;
