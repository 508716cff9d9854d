//! The integration tests, in one binary: everything here goes through HTTP or the command line, as people and programs
//! do. `FLASHSALE_TEST_DATABASE_URL` names a PostgreSQL server to run them on; without it they run on SQLite.

mod api;
mod catalogue;
mod dashboard;
mod demo;
mod engine;
mod help;
mod imports;
mod marketplaces;
mod orders;
mod program;
mod promotions;
mod races;
mod scene;
mod seller;
mod simulation;
mod staff;
mod stores;
mod support;
mod sync;
mod tidy;
mod verifications;
mod web;
