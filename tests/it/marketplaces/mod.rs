//! The marketplaces' protocols.

pub mod connectors;
mod rules;
pub mod simulated;
