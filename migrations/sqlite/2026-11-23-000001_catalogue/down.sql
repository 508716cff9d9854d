DROP TABLE ledger_entries;
DROP TABLE listings;
DROP TABLE sku_search;
DROP TABLE skus;
DROP TABLE stores;
