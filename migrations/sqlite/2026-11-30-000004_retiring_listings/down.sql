-- The program of before knows no retiring listings: it leaves what they show.
DELETE FROM pushes WHERE NOT EXISTS (SELECT 1 FROM listings WHERE listings.sku = pushes.sku AND listings.store = pushes.store);
DROP TABLE import_questions;
DROP TABLE retiring_listings;

CREATE TABLE rebuilt_pushes (
    sku             TEXT      NOT NULL,
    store           TEXT      NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    -- NULL while it is unknown what the store shows.
    acknowledged    BIGINT CHECK (acknowledged >= 0),
    acknowledged_at TIMESTAMP,
    -- Since when it shows something else than it should, and since when more than it should; NULL while it does not.
    behind_since    TIMESTAMP,
    lower_since     TIMESTAMP,
    -- When it is to be tried next; NULL while it is in sync. While it is leased, when the lease ends.
    due_at          TIMESTAMP,
    -- The lease of the server that sends it, and what the store may show as well: that server sends it, or one did and the
    -- response is unknown.
    lease           TEXT,
    sending         BIGINT CHECK (sending >= 0),
    failures        BIGINT    NOT NULL DEFAULT 0 CHECK (failures >= 0),
    problem         TEXT,
    problem_text    TEXT,
    locked_quantity BIGINT,
    locked_until    TIMESTAMP,
    sequence        BIGINT    NOT NULL DEFAULT 0,
    PRIMARY KEY (sku, store),
    FOREIGN KEY (sku, store) REFERENCES listings (sku, store) ON DELETE CASCADE,
    CHECK ((behind_since IS NULL) = (due_at IS NULL)),
    CHECK (lower_since IS NULL OR behind_since IS NOT NULL),
    CHECK (lease IS NULL OR sending IS NOT NULL),
    CHECK (sending IS NULL OR due_at IS NOT NULL),
    CHECK (lease IS NULL OR due_at IS NOT NULL)
) WITHOUT ROWID;

INSERT INTO rebuilt_pushes SELECT
    sku, store, acknowledged, acknowledged_at, behind_since, lower_since, due_at, lease, sending, failures,
    problem, problem_text, locked_quantity, locked_until, sequence
FROM pushes;
DROP TABLE pushes;
ALTER TABLE rebuilt_pushes RENAME TO pushes;

CREATE INDEX pushes_due ON pushes (store, due_at, sku) WHERE due_at IS NOT NULL;
CREATE INDEX pushes_with_problem ON pushes (problem, store, sku) WHERE problem IS NOT NULL;
CREATE INDEX pushes_behind_of_sku ON pushes (sku, behind_since) WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_behind ON pushes (store, sku, lease, due_at, lower_since, problem, behind_since)
    WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_urgent ON pushes (store, due_at, sku)
    WHERE lower_since IS NOT NULL AND acknowledged IS NOT NULL AND problem IS NULL;
CREATE INDEX pushes_retries ON pushes (store, due_at, sku) WHERE problem IS NOT NULL;
