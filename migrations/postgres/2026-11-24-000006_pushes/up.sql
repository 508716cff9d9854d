-- The marketplace's own ids of a listing, where its API needs them: an item, and a variant of it.
ALTER TABLE listings ADD COLUMN item_id TEXT COLLATE "C";
ALTER TABLE listings ADD COLUMN variant_id TEXT COLLATE "C";

CREATE INDEX listings_without_item ON listings (store, sku) WHERE item_id IS NULL;

-- How a store is reached. `credentials` are sealed with a key that is not in the database.
CREATE TABLE connections (
    store         TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES stores (code),
    kind          TEXT COLLATE "C" NOT NULL,
    api_url       TEXT COLLATE "C" NOT NULL,
    credentials   TEXT COLLATE "C" NOT NULL,
    -- Requests a second that may be sent to it.
    rate          BIGINT    NOT NULL CHECK (rate BETWEEN 1 AND 1000),
    paused_at     TIMESTAMP,
    paused_by     TEXT COLLATE "C",
    pause_reason  TEXT COLLATE "C",
    -- Requests that failed as a whole since one was answered, what the last of them was answered, and until when the
    -- store is left alone.
    failures      BIGINT    NOT NULL DEFAULT 0 CHECK (failures >= 0),
    problem       TEXT COLLATE "C",
    problem_text  TEXT COLLATE "C",
    not_before    TIMESTAMP,
    last_push_at  TIMESTAMP,
    -- Until when one server has the renewal of its access to itself.
    renewed_until TIMESTAMP,
    created_at    TIMESTAMP NOT NULL,
    created_by    TEXT COLLATE "C" NOT NULL,
    CHECK ((paused_at IS NULL) = (paused_by IS NULL))
);

-- The SKUs whose quantities may be others from `due_at` on: written in the transaction of whatever changes them, and
-- ahead of time for the end of a hold. `due_at` is the beginning of 1970 for at once, so that a SKU which changes a
-- thousand times before somebody looks stands here once.
CREATE TABLE quantity_checks (
    sku    TEXT COLLATE "C" NOT NULL REFERENCES skus (code),
    due_at TIMESTAMP NOT NULL,
    PRIMARY KEY (sku, due_at)
);

CREATE INDEX quantity_checks_in_order ON quantity_checks (due_at, sku);

-- What was there before is looked at once, and the sales that run when they end.
INSERT INTO quantity_checks (sku, due_at) SELECT code, '1970-01-01 00:00:00' FROM skus;
INSERT INTO quantity_checks (sku, due_at) SELECT DISTINCT sku, ends_at FROM holds WHERE settled = FALSE;

-- The order in which the quantities of SKUs changed, for programs that ask what is new. `quantities` are those of all
-- its stores at that moment, to tell whether they are others now; nothing is ever shown from here.
CREATE TABLE quantity_changes (
    sku        TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES skus (code),
    number     BIGINT NOT NULL UNIQUE,
    quantities TEXT COLLATE "C" NOT NULL
);

-- One row: whoever numbers a change locks it until the end of its transaction, so that numbers are seen in their order.
CREATE TABLE quantity_change_counter (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    last BIGINT  NOT NULL
);

INSERT INTO quantity_change_counter (id, last) VALUES (1, 0);

-- What each listing of a connected store last acknowledged, and the work that is left. The quantity it should show is
-- computed at every use and not here.
CREATE TABLE pushes (
    sku             TEXT COLLATE "C" NOT NULL,
    store           TEXT COLLATE "C" NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    -- NULL until the store has acknowledged any.
    acknowledged    BIGINT CHECK (acknowledged >= 0),
    acknowledged_at TIMESTAMP,
    -- Since when it shows something else than it should, and since when more than it should; NULL while it does not.
    behind_since    TIMESTAMP,
    lower_since     TIMESTAMP,
    -- When it is to be tried next; NULL while it is in step. While a server is at it, when another takes over.
    due_at          TIMESTAMP,
    -- The server that is at it, and what it sends.
    claim           TEXT COLLATE "C",
    sending         BIGINT CHECK (sending >= 0),
    failures        BIGINT    NOT NULL DEFAULT 0 CHECK (failures >= 0),
    problem         TEXT COLLATE "C",
    problem_text    TEXT COLLATE "C",
    locked_quantity BIGINT,
    locked_until    TIMESTAMP,
    PRIMARY KEY (sku, store),
    FOREIGN KEY (sku, store) REFERENCES listings (sku, store) ON DELETE CASCADE,
    CHECK ((behind_since IS NULL) = (due_at IS NULL)),
    CHECK (lower_since IS NULL OR behind_since IS NOT NULL),
    CHECK ((claim IS NULL) = (sending IS NULL)),
    CHECK (claim IS NULL OR due_at IS NOT NULL)
);

CREATE INDEX pushes_due ON pushes (store, due_at, sku) WHERE due_at IS NOT NULL;
CREATE INDEX pushes_behind ON pushes (store, sku) WHERE behind_since IS NOT NULL;
CREATE INDEX pushes_with_problem ON pushes (problem, store, sku) WHERE problem IS NOT NULL;

-- What was sent and what came of it, for a set time.
CREATE TABLE push_log (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at              TIMESTAMP NOT NULL,
    store           TEXT COLLATE "C" NOT NULL,
    sku             TEXT COLLATE "C" NOT NULL,
    quantity_before BIGINT,
    quantity        BIGINT    NOT NULL,
    -- The sum behind the quantity, in words.
    why             TEXT COLLATE "C" NOT NULL,
    outcome         TEXT COLLATE "C" NOT NULL,
    answer          TEXT COLLATE "C" NOT NULL,
    request_id      TEXT COLLATE "C"
);

CREATE INDEX push_log_of_store ON push_log (store, id);
CREATE INDEX push_log_of_sku ON push_log (sku, id);
CREATE INDEX push_log_of_outcome ON push_log (outcome, id) WHERE outcome <> 'acknowledged';
CREATE INDEX push_log_by_time ON push_log (at);
