-- What pages and programs ask of the work that is left: each filter has its rows in the order of the list. All are as
-- small as what is behind.
CREATE INDEX pushes_waiting ON pushes (store, sku)
    WHERE behind_since IS NOT NULL AND (problem IS NULL OR problem NOT IN ('locked', 'mapping'));
CREATE INDEX pushes_claimed ON pushes (store, sku) WHERE claim IS NOT NULL;
CREATE INDEX pushes_too_much ON pushes (store, sku) WHERE lower_since IS NOT NULL;

-- Behind, by SKU: for the pages that show some SKUs with all their stores.
CREATE INDEX pushes_behind_of_sku ON pushes (sku) WHERE behind_since IS NOT NULL;

-- Listings with an item and without a variant: for some marketplaces they are not mapped either.
CREATE INDEX listings_without_variant ON listings (store, sku) WHERE item_id IS NOT NULL AND variant_id IS NULL;
