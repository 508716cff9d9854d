//! The stores follow us: what is sent to their marketplaces, and how these are reached.

pub mod access;
pub mod push;
