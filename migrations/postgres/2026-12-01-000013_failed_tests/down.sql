DROP TABLE failed_tests;
