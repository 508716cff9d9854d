//! Stores: their connections, the ids and states of their listings, when a listing is pushed, what their marketplaces list, and failures.

pub mod api_address;
pub mod campaign;
pub mod components;
pub mod connection;
pub mod failure;
pub mod found;
pub mod listing_state;
pub mod look;
pub mod mapping;
pub mod matching;
pub mod permission;
pub mod pull;
pub mod push;
pub mod reach;
pub mod start;
pub mod warehouse;
