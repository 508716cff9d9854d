-- How far the orders of each connected store are read.
CREATE TABLE pulls (
    store           TEXT      NOT NULL PRIMARY KEY REFERENCES connections (store) ON DELETE CASCADE,
    -- When the first sweep began: what was finished before is recorded without touching stock.
    began_at        TIMESTAMP NOT NULL,
    -- Every change before is recorded.
    complete_until  TIMESTAMP,
    -- The window that is being read, and where its next part begins: its first part if that is NULL.
    window_from     TIMESTAMP,
    window_until    TIMESTAMP,
    page            TEXT,
    due_at          TIMESTAMP NOT NULL,
    lease           TEXT,
    leased_until    TIMESTAMP,
    failures        BIGINT    NOT NULL DEFAULT 0 CHECK (failures >= 0),
    problem_text    TEXT,
    -- Orders that could not be recorded, and why the latest could not.
    refused         BIGINT    NOT NULL DEFAULT 0 CHECK (refused >= 0),
    refused_text    TEXT,
    last_webhook_at TIMESTAMP,
    CHECK ((window_from IS NULL) = (window_until IS NULL))
);

-- Orders that messages of the marketplace were about. One is read again, and stays for a while, so that a message that comes
-- twice is known.
CREATE TABLE order_hints (
    store       TEXT      NOT NULL REFERENCES connections (store) ON DELETE CASCADE,
    order_id    TEXT      NOT NULL,
    message_key TEXT      NOT NULL,
    noted_at    TIMESTAMP NOT NULL,
    read_at     TIMESTAMP,
    PRIMARY KEY (store, order_id)
) WITHOUT ROWID;
CREATE INDEX order_hints_unread ON order_hints (store, noted_at, order_id) WHERE read_at IS NULL;
CREATE INDEX order_hints_read ON order_hints (read_at) WHERE read_at IS NOT NULL;
