//! The integration tests, in one binary. Pages, the API and the command line are used as people and programs use them;
//! pushes, races and simulations call actions and jobs. `FLASHSALE_TEST_DATABASE_URL` names a PostgreSQL server to run them on; without it they run on SQLite.

mod api;
mod catalogue;
mod dashboard;
mod demo;
mod engine;
mod getting_started;
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
