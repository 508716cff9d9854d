//! The integration tests, in one binary: everything here goes through HTTP or the command line, as people and programs
//! do. `FLASHSALE_TEST_DATABASE_URL` names a PostgreSQL server to run them on; without it they run on SQLite.

mod accounts;
mod api;
mod api_client;
mod api_document;
mod api_fields;
mod api_once;
mod catalogue;
mod connectors;
mod crashes;
mod dashboard;
mod database;
mod demo;
mod guard;
mod help;
mod imports;
mod marketplaces;
mod migrations;
mod order_races;
mod orders;
mod program;
mod promotions;
mod pushes;
mod races;
mod report;
mod scene;
mod simulation;
mod skus;
mod stores;
mod support;
mod tidy;
mod tokens;
mod verify;
