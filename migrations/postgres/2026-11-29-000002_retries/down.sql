DROP INDEX pushes_retries;
