-- What was claimed in a hurry and not written to its pushes is written there. A push that is not in sync is of another
-- listing by now: its store was connected in another way, or the listing mapped to another product.
UPDATE pushes SET
    claim = pending.claim,
    sending = pending.sending,
    behind_since = pending.behind_since,
    due_at = pending.due_at,
    lower_since = CASE WHEN pending.is_too_much THEN pending.behind_since END
FROM (
    SELECT
        hurried_claims.claim,
        hurried_claims.store,
        hurried_claims.behind_since,
        hurried_claims.due_at,
        listing ->> 0 AS sku,
        (listing ->> 1)::bigint AS sending,
        (listing ->> 2)::boolean AS is_too_much
    FROM hurried_claims, jsonb_array_elements(hurried_claims.listings::jsonb) AS listing
) AS pending
WHERE pushes.sku = pending.sku AND pushes.store = pending.store
    AND pushes.acknowledged IS NOT NULL AND pushes.behind_since IS NULL;
DROP TABLE hurried_claims;

-- The lease of the server that sends a listing: until `due_at`.
ALTER TABLE pushes RENAME COLUMN claim TO lease;
