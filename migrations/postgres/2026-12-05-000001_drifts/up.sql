-- Units that a listing showed fewer than known orders explained, when its store was asked last.
ALTER TABLE pushes ADD COLUMN missing BIGINT NOT NULL DEFAULT 0 CHECK (missing >= 0);

-- What stores showed and nothing explained: a person may have typed it there.
CREATE TABLE drifts (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at         TIMESTAMP NOT NULL,
    store      TEXT COLLATE "C" NOT NULL REFERENCES connections (store) ON DELETE CASCADE DEFERRABLE,
    -- The SKU of a plain listing; empty for a kit.
    sku        TEXT COLLATE "C" NOT NULL,
    seller_sku TEXT COLLATE "C" NOT NULL,
    expected   BIGINT NOT NULL,
    shown      BIGINT NOT NULL,
    sent       BIGINT NOT NULL,
    -- Whether the store acknowledged what was sent to correct it.
    corrected  BOOLEAN NOT NULL
);
CREATE INDEX drifts_by_time ON drifts (at, id);
CREATE INDEX drifts_of_store ON drifts (store, at, id);
