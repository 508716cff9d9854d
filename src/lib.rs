//! `flashsale`: gives one marketplace store a quantity that no other store can sell, for as long as a sale runs.
//!
//! `ARCHITECTURE.md` in this folder explains the layers and the flow of a request.

pub mod actions;
pub mod api;
pub mod app;
pub mod clock;
pub mod csv_file;
pub mod db;
pub mod demo;
pub mod domain;
pub mod fault;
pub mod jobs;
pub mod marketplaces;
pub mod screens;
pub mod server;
pub mod settings;
pub mod sync;
pub mod thumbnail;
pub mod web;
