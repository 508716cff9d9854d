-- Whether somebody else chose the password: whoever signs in with it has to choose one of their own first.
ALTER TABLE users ADD COLUMN password_is_given BOOLEAN NOT NULL DEFAULT FALSE;

-- Browsers in which a user has signed in before. A stranger's wrong passwords do not lock them out. `key_hash` is the
-- SHA-256 of what the cookie carries.
CREATE TABLE known_devices (
    key_hash TEXT COLLATE "C" NOT NULL,
    user_id  TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    used_at  TIMESTAMP NOT NULL,
    PRIMARY KEY (key_hash, user_id)
);

CREATE INDEX known_devices_by_age ON known_devices (used_at);
