CREATE TABLE users (
    id            TEXT      NOT NULL PRIMARY KEY,
    email         TEXT      NOT NULL UNIQUE,
    password_hash TEXT      NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    disabled_at   TIMESTAMP
) WITHOUT ROWID;

-- `key_hash` is the SHA-256 of what the cookie carries, so that a copy of the database signs nobody in.
CREATE TABLE sessions (
    key_hash   TEXT      NOT NULL PRIMARY KEY,
    user_id    TEXT      NOT NULL REFERENCES users (id),
    device     TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
) WITHOUT ROWID;

CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE api_tokens (
    id         TEXT      NOT NULL PRIMARY KEY,
    name       TEXT      NOT NULL,
    token_hash TEXT      NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL,
    created_by TEXT      NOT NULL,
    revoked_at TIMESTAMP
) WITHOUT ROWID;

-- A name stands for one live token: the ledger tells them apart by it.
CREATE UNIQUE INDEX api_tokens_live ON api_tokens (name) WHERE revoked_at IS NULL;

-- The first answer to an Idempotency-Key, written in the transaction of what it answers.
CREATE TABLE idempotent_answers (
    token_id     TEXT      NOT NULL REFERENCES api_tokens (id),
    key          TEXT      NOT NULL,
    request_hash TEXT      NOT NULL,
    status       INTEGER   NOT NULL,
    body         TEXT      NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    PRIMARY KEY (token_id, key)
) WITHOUT ROWID;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
