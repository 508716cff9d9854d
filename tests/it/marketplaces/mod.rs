//! The marketplaces' protocols.

pub mod connectors;
mod lazada;
mod orders;
mod rules;
mod shopee;
pub mod simulated;
mod webhook;
mod zalora;
