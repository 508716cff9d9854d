-- One file. Its rows wait in `import_chunks`; each chunk is applied and removed in one transaction, so an import that
-- is interrupted goes on where it was.
CREATE TABLE imports (
    id           TEXT      NOT NULL PRIMARY KEY,
    kind         TEXT      NOT NULL,
    file_name    TEXT      NOT NULL,
    -- The names of the columns, as JSON.
    header       TEXT      NOT NULL,
    rows_total   BIGINT    NOT NULL,
    rows_done    BIGINT    NOT NULL DEFAULT 0,
    rows_created BIGINT    NOT NULL DEFAULT 0,
    rows_updated BIGINT    NOT NULL DEFAULT 0,
    rows_failed  BIGINT    NOT NULL DEFAULT 0,
    created_at   TIMESTAMP NOT NULL,
    created_by   TEXT      NOT NULL,
    finished_at  TIMESTAMP,
    CHECK (rows_done = rows_created + rows_updated + rows_failed AND rows_done <= rows_total),
    CHECK (finished_at IS NULL OR rows_done = rows_total)
) WITHOUT ROWID;

CREATE INDEX imports_unfinished ON imports (id) WHERE finished_at IS NULL;

-- Rows that wait, in the order of the file. `first_row` is the number of the first among all rows, counted from 0;
-- `body` has the lines and cells of all, as JSON.
CREATE TABLE import_chunks (
    import_id    TEXT      NOT NULL REFERENCES imports (id),
    first_row    BIGINT    NOT NULL,
    body         TEXT      NOT NULL,
    PRIMARY KEY (import_id, first_row)
);

-- Rows that were not applied, with their cells as JSON.
CREATE TABLE import_failures (
    import_id    TEXT      NOT NULL REFERENCES imports (id),
    row_number   BIGINT    NOT NULL,
    line         BIGINT    NOT NULL,
    cells        TEXT      NOT NULL,
    reason       TEXT      NOT NULL,
    PRIMARY KEY (import_id, row_number)
) WITHOUT ROWID;
