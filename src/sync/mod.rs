//! Everything that talks to the stores' marketplaces: access to them, the push of quantities, and what they list.

pub mod access;
pub mod found;
pub mod push;
