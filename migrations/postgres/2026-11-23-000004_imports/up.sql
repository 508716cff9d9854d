-- One file. Its rows wait in `import_chunks`; each chunk is applied and removed in one transaction, so an import that
-- is interrupted goes on where it was.
CREATE TABLE imports (
    id          TEXT      COLLATE "C" NOT NULL PRIMARY KEY,
    kind        TEXT      COLLATE "C" NOT NULL,
    file_name   TEXT      COLLATE "C" NOT NULL,
    header      TEXT      COLLATE "C" NOT NULL,
    rows_total  BIGINT    NOT NULL,
    rows_done   BIGINT    NOT NULL DEFAULT 0,
    rows_failed BIGINT    NOT NULL DEFAULT 0,
    created_at  TIMESTAMP NOT NULL,
    created_by  TEXT      COLLATE "C" NOT NULL,
    finished_at TIMESTAMP
);

CREATE INDEX imports_unfinished ON imports (id) WHERE finished_at IS NULL;

CREATE TABLE import_chunks (
    import_id TEXT   COLLATE "C" NOT NULL REFERENCES imports (id),
    position  BIGINT NOT NULL,
    body      TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, position)
);

CREATE TABLE import_failures (
    import_id TEXT   COLLATE "C" NOT NULL REFERENCES imports (id),
    line      BIGINT NOT NULL,
    body      TEXT   COLLATE "C" NOT NULL,
    reason    TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, line)
);
