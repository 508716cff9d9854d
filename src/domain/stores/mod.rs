//! Stores: how each is connected, what its listings need, when a listing is pushed, and what can go wrong.

pub mod api_address;
pub mod connection;
pub mod failure;
pub mod mapping;
pub mod push;
pub mod standing;
