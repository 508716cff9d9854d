//! The marketplaces' protocols.

pub mod connectors;
pub mod simulated;
