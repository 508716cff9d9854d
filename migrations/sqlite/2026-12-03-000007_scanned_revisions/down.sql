ALTER TABLE quantity_changes DROP COLUMN revision;
