-- The seller's apps at the marketplaces, through which stores are connected by signing in there.
CREATE TABLE apps (
    kind     TEXT      NOT NULL PRIMARY KEY,
    -- Where the marketplace is reached; empty for its own live addresses.
    address  TEXT      NOT NULL,
    -- The id and the secrets of the app, sealed.
    app_keys TEXT      NOT NULL,
    saved_at TIMESTAMP NOT NULL,
    saved_by TEXT      NOT NULL
) WITHOUT ROWID;

-- Permissions that sellers are asked for at the marketplaces, from the press of the button until the stores are saved.
CREATE TABLE authorizations (
    -- SHA-256 of the number that goes to the marketplace and comes back.
    state_hash   TEXT      NOT NULL PRIMARY KEY,
    session_hash TEXT      NOT NULL,
    kind         TEXT      NOT NULL,
    country      TEXT,
    -- The store that is connected again; NULL for a new one.
    store        TEXT,
    expires_at   TIMESTAMP NOT NULL,
    -- When the marketplace sent the person back.
    used_at      TIMESTAMP,
    -- The shops that the seller permitted, with their tokens, sealed.
    granted      TEXT
) WITHOUT ROWID;

CREATE INDEX authorizations_by_end ON authorizations (expires_at);

-- The marketplace's id of the shop, where it is known: no two stores are one shop.
ALTER TABLE connections ADD COLUMN shop TEXT;
-- Connections with the same permission renew their access together, because they have one refresh token.
ALTER TABLE connections ADD COLUMN permission TEXT;
ALTER TABLE connections ADD COLUMN access_ends_at TIMESTAMP;
ALTER TABLE connections ADD COLUMN permission_ends_at TIMESTAMP;

CREATE UNIQUE INDEX connections_of_shop ON connections (kind, shop) WHERE shop IS NOT NULL;
