-- What was sent and never answered may be shown all the same: it is kept although no server is at it any more.
ALTER TABLE pushes DROP CONSTRAINT pushes_check2;
ALTER TABLE pushes ADD CONSTRAINT pushes_claim_sends CHECK (claim IS NULL OR sending IS NOT NULL);
ALTER TABLE pushes ADD CONSTRAINT pushes_sent_are_due CHECK (sending IS NULL OR due_at IS NOT NULL);
