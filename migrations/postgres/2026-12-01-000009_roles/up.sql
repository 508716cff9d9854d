-- What a member of staff may do. Until now everybody could do everything.
ALTER TABLE users ADD COLUMN role TEXT COLLATE "C" NOT NULL DEFAULT 'administrator'
    CHECK (role IN ('administrator', 'staff'));
