-- What was lost may be shown: nobody knows.
UPDATE pushes SET sending = NULL, acknowledged = NULL, acknowledged_at = NULL WHERE claim IS NULL AND sending IS NOT NULL;

CREATE TABLE rebuilt_pushes (
    sku             TEXT      NOT NULL,
    store           TEXT      NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    -- NULL until the store has acknowledged any.
    acknowledged    BIGINT CHECK (acknowledged >= 0),
    acknowledged_at TIMESTAMP,
    -- Since when it shows something else than it should, and since when more than it should; NULL while it does not.
    behind_since    TIMESTAMP,
    lower_since     TIMESTAMP,
    -- When it is to be tried next; NULL while it is in step. While a server is at it, when another takes over.
    due_at          TIMESTAMP,
    -- The server that is at it, and what it sends.
    claim           TEXT,
    sending         BIGINT CHECK (sending >= 0),
    failures        BIGINT    NOT NULL DEFAULT 0 CHECK (failures >= 0),
    problem         TEXT,
    problem_text    TEXT,
    locked_quantity BIGINT,
    locked_until    TIMESTAMP,
    PRIMARY KEY (sku, store),
    FOREIGN KEY (sku, store) REFERENCES listings (sku, store) ON DELETE CASCADE,
    CHECK ((behind_since IS NULL) = (due_at IS NULL)),
    CHECK (lower_since IS NULL OR behind_since IS NOT NULL),
    CHECK ((claim IS NULL) = (sending IS NULL)),
    CHECK (claim IS NULL OR due_at IS NOT NULL)
) WITHOUT ROWID;

INSERT INTO rebuilt_pushes SELECT
    sku, store, acknowledged, acknowledged_at, behind_since, lower_since, due_at, claim, sending, failures,
    problem, problem_text, locked_quantity, locked_until
FROM pushes;
DROP TABLE pushes;
ALTER TABLE rebuilt_pushes RENAME TO pushes;

CREATE INDEX pushes_due ON pushes (store, due_at, sku) WHERE due_at IS NOT NULL;
CREATE INDEX pushes_behind ON pushes (store, sku) WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_with_problem ON pushes (problem, store, sku) WHERE problem IS NOT NULL;
CREATE INDEX pushes_waiting ON pushes (store, sku)
    WHERE behind_since IS NOT NULL AND (problem IS NULL OR problem NOT IN ('locked', 'mapping'));
CREATE INDEX pushes_claimed ON pushes (store, sku) WHERE claim IS NOT NULL;
CREATE INDEX pushes_too_much ON pushes (store, sku) WHERE lower_since IS NOT NULL;
CREATE INDEX pushes_behind_of_sku ON pushes (sku, behind_since) WHERE behind_since IS NOT NULL;
