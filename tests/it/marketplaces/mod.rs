//! The marketplaces' protocols.

pub mod connectors;
mod rules;
mod shopee;
pub mod simulated;
