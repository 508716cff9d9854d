DROP TABLE picture_fetches;
DROP TABLE pictures;
