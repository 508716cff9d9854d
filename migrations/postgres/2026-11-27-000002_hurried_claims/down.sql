DROP TABLE hurried_claims;
