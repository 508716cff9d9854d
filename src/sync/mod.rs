//! Everything that talks to the stores' marketplaces: access to them, the push of quantities, what they list, and reading
//! their orders.

pub mod access;
pub mod found;
pub mod pull;
pub mod push;
