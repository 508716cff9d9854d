DROP TABLE known_devices;
ALTER TABLE users DROP COLUMN password_is_given;
