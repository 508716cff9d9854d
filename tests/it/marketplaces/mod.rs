//! The marketplaces' protocols.

pub mod connectors;
pub mod pretended;
mod rules;
