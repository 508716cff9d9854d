-- The currency of stores whose country has none that is known.
ALTER TABLE organization ADD COLUMN currency TEXT;
