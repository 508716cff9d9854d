-- SQLite stores answers in the order in which they come. Here a unique index of their keys is what several servers share.
SELECT 1;
