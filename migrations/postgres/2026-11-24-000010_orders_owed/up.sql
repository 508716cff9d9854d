-- Open orders that are owed something are found in `orders_oversold`, in the same order. SQLite never chose this one: an
-- index of all open orders has a column more to look up.
DROP INDEX orders_owed;
