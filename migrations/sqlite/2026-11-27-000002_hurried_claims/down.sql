-- What was claimed and is not written may be shown: nobody knows.
UPDATE pushes SET acknowledged = NULL, acknowledged_at = NULL WHERE (sku, store) IN
    (SELECT json_extract(value, '$[0]'), store FROM hurried_claims, json_each(listings));
INSERT OR IGNORE INTO quantity_checks (sku, due_at)
    SELECT json_extract(value, '$[0]'), '1970-01-01 00:00:01' FROM hurried_claims, json_each(listings);
DROP TABLE hurried_claims;
