-- Only SQLite uses it: a server of PostgreSQL has a clock of its own.
CREATE TABLE recorded_time (
    id            INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at            TIMESTAMP NOT NULL,
    boot          TEXT NOT NULL,
    since_boot_us BIGINT NOT NULL
);
