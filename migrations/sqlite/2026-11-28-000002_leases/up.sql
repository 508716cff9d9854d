-- What was claimed in a hurry and not written to its pushes is written there. A push that is not in sync is of another
-- listing by now: its store was connected in another way, or the listing mapped to another product.
UPDATE pushes SET
    claim = pending.claim,
    sending = pending.sending,
    behind_since = pending.behind_since,
    due_at = pending.due_at,
    lower_since = iif(pending.is_too_much, pending.behind_since, NULL)
FROM (
    SELECT
        claim,
        store,
        behind_since,
        due_at,
        json_extract(value, '$[0]') AS sku,
        json_extract(value, '$[1]') AS sending,
        json_extract(value, '$[2]') AS is_too_much
    FROM hurried_claims, json_each(hurried_claims.listings)
) AS pending
WHERE pushes.sku = pending.sku AND pushes.store = pending.store
    AND pushes.acknowledged IS NOT NULL AND pushes.behind_since IS NULL;
DROP TABLE hurried_claims;

-- The lease of the server that sends a listing: until `due_at`.
ALTER TABLE pushes RENAME COLUMN claim TO lease;
