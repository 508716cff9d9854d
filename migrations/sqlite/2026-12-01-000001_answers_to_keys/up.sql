-- Orders with a key are taken as fast as those without. Keys come in any order: the rows with their long answers now stay
-- in the order in which they came, and only the small index of the keys is changed everywhere. Tokens are never deleted,
-- so nothing has to check that of an answer.
ALTER TABLE idempotent_answers RENAME TO answers_before;

CREATE TABLE idempotent_answers (
    token_id     TEXT      NOT NULL,
    key          TEXT      NOT NULL,
    request_hash TEXT      NOT NULL,
    status       INTEGER   NOT NULL,
    body         TEXT      NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    PRIMARY KEY (token_id, key)
);

INSERT INTO idempotent_answers (token_id, key, request_hash, status, body, created_at)
SELECT token_id, key, request_hash, status, body, created_at FROM answers_before ORDER BY created_at;

DROP TABLE answers_before;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
