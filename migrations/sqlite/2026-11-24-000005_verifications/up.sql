-- What came of recomputing everything from the ledger. One that is not finished is running, on whatever server began
-- it; one that finished without a number of differences did not come to its end.
CREATE TABLE verifications (
    id          TEXT      NOT NULL PRIMARY KEY,
    began_at    TIMESTAMP NOT NULL,
    began_by    TEXT      NOT NULL,
    finished_at TIMESTAMP,
    skus        BIGINT    NOT NULL DEFAULT 0,
    entries     BIGINT    NOT NULL DEFAULT 0,
    holds       BIGINT    NOT NULL DEFAULT 0,
    orders      BIGINT    NOT NULL DEFAULT 0,
    differences BIGINT    CHECK (differences >= 0),
    listed      TEXT      NOT NULL DEFAULT '',
    CHECK (differences IS NULL OR finished_at IS NOT NULL)
) WITHOUT ROWID;

-- One runs at a time.
CREATE UNIQUE INDEX verifications_running ON verifications ((finished_at IS NULL)) WHERE finished_at IS NULL;

-- The running balance of the hold that an entry is about: its units, and what is sold of them.
ALTER TABLE ledger_entries ADD COLUMN held_after BIGINT;
ALTER TABLE ledger_entries ADD COLUMN sold_after BIGINT;

DROP TRIGGER ledger_entries_never_change;

UPDATE ledger_entries SET held_after = balance.held, sold_after = balance.sold
FROM (
    SELECT sku, number, SUM(held_change) OVER of_hold AS held, SUM(sold_change) OVER of_hold AS sold
    FROM ledger_entries WHERE promotion_id IS NOT NULL
    WINDOW of_hold AS (PARTITION BY promotion_id, sku ORDER BY number)
) AS balance
WHERE ledger_entries.sku = balance.sku AND ledger_entries.number = balance.number;

CREATE TRIGGER ledger_entries_never_change BEFORE UPDATE ON ledger_entries BEGIN
    SELECT RAISE(ABORT, 'ledger entries are never changed: write a new one');
END;

-- Whether the holds on a SKU may be more than what is in hand. Only a change of what is on hand makes them so, and notes
-- it here: what needs somebody is found without adding up every hold.
ALTER TABLE skus ADD COLUMN may_be_short BOOLEAN NOT NULL DEFAULT FALSE;

UPDATE skus SET may_be_short = TRUE WHERE code IN (SELECT sku FROM holds WHERE settled = FALSE);

CREATE INDEX skus_may_be_short ON skus (code) WHERE may_be_short = TRUE;

-- The holds of which nine tenths are sold, and the open orders that are owed something.
CREATE INDEX holds_nearly_sold ON holds (ends_at, sku, promotion_id) WHERE settled = FALSE AND sold * 10 >= quantity * 9;
CREATE INDEX orders_owed ON orders (placed_at, number, store, oversold) WHERE oversold > 0 AND status = 'open';
