ALTER TABLE ledger_entries DROP COLUMN order_number;
DROP TABLE order_lines;
DROP TABLE orders;
