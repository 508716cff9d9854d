ALTER TABLE connections DROP COLUMN tested_at;
