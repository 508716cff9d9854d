ALTER TABLE pushes DROP COLUMN has_sold;
ALTER TABLE quantity_changes DROP COLUMN revision;
