//! Stores: their pages, connections, listings, and the push log.

pub mod apps;
pub mod campaigns;
pub mod connecting;
pub mod connection;
pub mod connections_again;
pub mod currency;
pub mod drifts;
pub mod found;
pub mod hooks;
pub mod kits;
pub mod late_listings;
pub mod mapping;
pub mod pages;
pub mod push_api;
pub mod push_log;
pub mod renamed;
pub mod retiring;
pub mod seller_skus;
pub mod typed_tokens;
