-- What was lost may be shown: nobody knows.
UPDATE pushes SET sending = NULL, acknowledged = NULL, acknowledged_at = NULL WHERE claim IS NULL AND sending IS NOT NULL;

ALTER TABLE pushes DROP CONSTRAINT pushes_sent_are_due;
ALTER TABLE pushes DROP CONSTRAINT pushes_claim_sends;
ALTER TABLE pushes ADD CONSTRAINT pushes_check2 CHECK ((claim IS NULL) = (sending IS NULL));
