-- When a test of the connection as it is now was answered: a new one is paused until it was tested. Those that were there
-- before were tested, or knowingly not, when they were saved.
ALTER TABLE connections ADD COLUMN tested_at TIMESTAMP;
UPDATE connections SET tested_at = created_at;
