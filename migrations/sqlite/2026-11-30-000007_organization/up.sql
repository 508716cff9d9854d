-- The seller: one row. Without a time zone, times that belong to no store are in the zone that all stores share, or in UTC.
CREATE TABLE organization (
    id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    name      TEXT NOT NULL,
    time_zone TEXT
);
INSERT INTO organization (id, name) VALUES (1, '');
