DROP INDEX connections_of_shop;
ALTER TABLE connections DROP COLUMN permission_ends_at;
ALTER TABLE connections DROP COLUMN access_ends_at;
ALTER TABLE connections DROP COLUMN permission;
ALTER TABLE connections DROP COLUMN shop;
DROP TABLE authorizations;
DROP TABLE apps;
