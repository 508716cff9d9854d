-- The thumbnail of a SKU. `source` is the address that it came from, or empty if somebody uploaded it. The bytes are last,
-- so that what is before them is read without them.
CREATE TABLE pictures (
    sku        TEXT      NOT NULL PRIMARY KEY REFERENCES skus (code),
    hash       TEXT      NOT NULL,
    media_type TEXT      NOT NULL,
    source     TEXT      NOT NULL,
    at         TIMESTAMP NOT NULL,
    bytes      BLOB      NOT NULL
);

CREATE INDEX pictures_by_hash ON pictures (hash);

-- Pictures that are to be fetched, each once. `next_try_at` is null for one that was given up, for the reason in `failure`,
-- and for a SKU whose picture somebody removed, which has an empty address: none is fetched for it unless somebody asks.
CREATE TABLE picture_fetches (
    sku         TEXT      NOT NULL PRIMARY KEY REFERENCES skus (code),
    address     TEXT      NOT NULL,
    tries       BIGINT    NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_try_at TIMESTAMP,
    failure     TEXT      NOT NULL DEFAULT ''
) WITHOUT ROWID;

CREATE INDEX picture_fetches_by_time ON picture_fetches (next_try_at, sku);
