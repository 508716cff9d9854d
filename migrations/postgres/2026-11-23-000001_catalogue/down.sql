DROP TABLE ledger_entries;
DROP FUNCTION refuse_ledger_change;
DROP TABLE listings;
DROP TABLE skus;
DROP TABLE stores;
