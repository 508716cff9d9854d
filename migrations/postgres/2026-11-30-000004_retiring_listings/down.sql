-- The program of before knows no retiring listings: it leaves what they show.
DELETE FROM pushes WHERE NOT EXISTS (SELECT 1 FROM listings WHERE listings.sku = pushes.sku AND listings.store = pushes.store);
DROP TABLE import_questions;
DROP TABLE retiring_listings;

ALTER TABLE pushes ADD CONSTRAINT pushes_sku_store_fkey
    FOREIGN KEY (sku, store) REFERENCES listings (sku, store) ON DELETE CASCADE;
