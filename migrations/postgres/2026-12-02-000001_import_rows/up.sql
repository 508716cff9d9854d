-- Some of the rows that were updated: they leave a listing without the ids that it needs.
ALTER TABLE imports ADD COLUMN rows_unmapped BIGINT NOT NULL DEFAULT 0;

-- The rows of recent files of stock changes, without those that failed: the same rows again are not applied twice.
CREATE TABLE import_changes (
    import_id   TEXT COLLATE "C" NOT NULL REFERENCES imports (id),
    row_number  BIGINT           NOT NULL,
    change_hash BIGINT           NOT NULL,
    PRIMARY KEY (import_id, row_number)
);

CREATE INDEX import_changes_by_hash ON import_changes (change_hash, import_id);
