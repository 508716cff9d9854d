//! Everything that talks to the stores' marketplaces: access to them, and the push of quantities.

pub mod access;
pub mod push;
