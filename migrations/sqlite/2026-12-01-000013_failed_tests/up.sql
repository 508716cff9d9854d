-- The latest test of the connection, if it failed: those who come later see it as well.
ALTER TABLE connections ADD COLUMN failed_test_at TIMESTAMP;
ALTER TABLE connections ADD COLUMN failed_test TEXT;
