-- The program of before shows all prices as hundredths: lines with other decimals are converted.
UPDATE order_lines SET unit_price_minor = unit_price_minor * 100 WHERE price_decimals = 0;
UPDATE order_lines SET unit_price_minor = unit_price_minor / 10 WHERE price_decimals = 3;
UPDATE order_lines SET unit_price_minor = unit_price_minor / 100 WHERE price_decimals = 4;
ALTER TABLE order_lines DROP COLUMN price_decimals;
ALTER TABLE stores DROP COLUMN currency;
ALTER TABLE stores DROP COLUMN country;
