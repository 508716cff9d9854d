-- The program of before knows fewer reasons.
UPDATE connections SET problem = CASE problem WHEN 'unavailable' THEN 'temporary' WHEN 'permission_ended' THEN 'credentials' ELSE 'mapping' END
    WHERE problem IN ('unavailable', 'permission_ended', 'not_writable');
UPDATE pushes SET problem = CASE problem WHEN 'unavailable' THEN 'temporary' WHEN 'permission_ended' THEN 'credentials' ELSE 'mapping' END
    WHERE problem IN ('unavailable', 'permission_ended', 'not_writable');
UPDATE push_log SET outcome = CASE outcome WHEN 'unavailable' THEN 'temporary' WHEN 'permission_ended' THEN 'credentials' ELSE 'mapping' END
    WHERE outcome IN ('unavailable', 'permission_ended', 'not_writable');
ALTER TABLE pushes DROP COLUMN sequence;
DROP TABLE warehouses;
ALTER TABLE connections DROP COLUMN warehouse;
ALTER TABLE connections DROP COLUMN failed_sku;
