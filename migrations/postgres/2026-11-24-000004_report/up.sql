-- How much a flash sale held, and when that changed: a few entries among the many of its orders.
CREATE INDEX ledger_entries_of_holds ON ledger_entries (promotion_id, sku, number, at, held_change)
    WHERE held_change <> 0;
