DROP TABLE order_hints;
DROP TABLE pulls;
