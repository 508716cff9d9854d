ALTER TABLE connections DROP COLUMN failed_test;
ALTER TABLE connections DROP COLUMN failed_test_at;
