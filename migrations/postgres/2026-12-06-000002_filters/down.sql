DROP INDEX unmatched_lines_of_store;
DROP INDEX drifts_of_sku;
DROP INDEX drifts_of_store_by_result;
DROP INDEX drifts_by_result;
