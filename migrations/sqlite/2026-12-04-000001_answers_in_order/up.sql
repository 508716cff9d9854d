-- Orders with a key are taken as fast as those without. Keys come in any order: an index of them has a page to change for
-- almost every key, and a commit writes each. Answers are now stored one behind the other, in the order of their numbers,
-- and their keys are written into the index many at a time, in the order of their hashes.
ALTER TABLE idempotent_answers RENAME TO answers_before;

-- Of several answers to a key the last counts. They are deleted oldest first, and the last row stays, so that numbers rise.
CREATE TABLE idempotent_answers (
    number       INTEGER   PRIMARY KEY,
    token_id     TEXT      NOT NULL,
    key          TEXT      NOT NULL,
    request_hash TEXT      NOT NULL,
    status       INTEGER   NOT NULL,
    body         TEXT      NOT NULL,
    created_at   TIMESTAMP NOT NULL
);

INSERT INTO idempotent_answers (token_id, key, request_hash, status, body, created_at)
SELECT token_id, key, request_hash, status, body, created_at FROM answers_before ORDER BY created_at;

DROP TABLE answers_before;

CREATE TABLE answers_search (
    hash   BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (hash, number)
) WITHOUT ROWID;

-- The index has all answers up to `indexed_to`, and of those up to `indexing_to` the ones whose hash is below `below`.
CREATE TABLE answers_search_progress (
    id          BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    indexed_to  BIGINT NOT NULL,
    indexing_to BIGINT NOT NULL,
    below       BIGINT NOT NULL
);

INSERT INTO answers_search_progress (id, indexed_to, indexing_to, below) VALUES (1, 0, 0, 0);
