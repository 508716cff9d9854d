DROP TABLE import_failures;
DROP TABLE import_chunks;
DROP TABLE imports;
