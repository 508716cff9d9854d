-- Forms that were sent when nobody was signed in any more, or with an expired token: they are shown again, filled, to the
-- person whose page they came from. Short-lived, few for each person, and without what was typed as a secret.
CREATE TABLE kept_forms (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    page        TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    fields      TEXT COLLATE "C" NOT NULL,
    has_expired BOOLEAN NOT NULL,
    had_file    BOOLEAN NOT NULL,
    had_secret  BOOLEAN NOT NULL,
    kept_at     TIMESTAMP NOT NULL
);

CREATE INDEX kept_forms_of_user ON kept_forms (user_id, kept_at);
