-- Forms that were sent when nobody was signed in any more, or with an expired token: they are shown again, filled, to the
-- person whose page they came from. Short-lived, few for each person, and without what was typed as a secret.
CREATE TABLE kept_forms (
    id          TEXT NOT NULL PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id),
    page        TEXT NOT NULL,
    action      TEXT NOT NULL,
    fields      TEXT NOT NULL,
    has_expired BOOLEAN NOT NULL,
    had_file    BOOLEAN NOT NULL,
    had_secret  BOOLEAN NOT NULL,
    kept_at     TIMESTAMP NOT NULL
) WITHOUT ROWID;

CREATE INDEX kept_forms_of_user ON kept_forms (user_id, kept_at);
