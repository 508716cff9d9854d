DROP TABLE recorded_time;
