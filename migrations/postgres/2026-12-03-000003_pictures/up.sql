-- The thumbnail of a SKU. `source` is the address that it came from, or empty if somebody uploaded it.
CREATE TABLE pictures (
    sku        TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES skus (code) DEFERRABLE INITIALLY IMMEDIATE,
    hash       TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    source     TEXT COLLATE "C" NOT NULL,
    at         TIMESTAMP        NOT NULL,
    bytes      BYTEA            NOT NULL
);

CREATE INDEX pictures_by_hash ON pictures (hash);

-- Pictures that are to be fetched, each once. `next_try_at` is null for one that was given up, for the reason in `failure`,
-- and for a SKU whose picture somebody removed, which has an empty address: none is fetched for it unless somebody asks.
CREATE TABLE picture_fetches (
    sku         TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES skus (code) DEFERRABLE INITIALLY IMMEDIATE,
    address     TEXT COLLATE "C" NOT NULL,
    tries       BIGINT           NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_try_at TIMESTAMP,
    failure     TEXT COLLATE "C" NOT NULL DEFAULT ''
);

CREATE INDEX picture_fetches_by_time ON picture_fetches (next_try_at, sku);
