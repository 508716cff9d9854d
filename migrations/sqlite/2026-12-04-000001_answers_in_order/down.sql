DROP TABLE answers_search_progress;
DROP TABLE answers_search;

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

INSERT OR REPLACE INTO idempotent_answers (token_id, key, request_hash, status, body, created_at)
SELECT token_id, key, request_hash, status, body, created_at FROM answers_before ORDER BY number;

DROP TABLE answers_before;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
