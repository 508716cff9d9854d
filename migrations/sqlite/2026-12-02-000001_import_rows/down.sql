DROP TABLE import_changes;
ALTER TABLE imports DROP COLUMN rows_unmapped;
