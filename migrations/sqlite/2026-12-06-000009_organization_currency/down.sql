ALTER TABLE organization DROP COLUMN currency;
