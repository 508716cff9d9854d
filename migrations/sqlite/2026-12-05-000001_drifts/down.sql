DROP TABLE drifts;
ALTER TABLE pushes DROP COLUMN missing;
