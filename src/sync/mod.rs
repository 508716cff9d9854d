//! Everything that talks to the stores' marketplaces: access to them, the push of quantities, and reading their orders.

pub mod access;
pub mod pull;
pub mod push;
