-- What is known to show too much is sent before all else that is due of its store, unless something went wrong with it.
CREATE INDEX pushes_urgent ON pushes (store, due_at, sku)
    WHERE lower_since IS NOT NULL AND acknowledged IS NOT NULL AND problem IS NULL;
