//! Everything that talks to the stores' marketplaces: access to them, the push of quantities, what they list, their orders, and
//! their campaigns.

pub mod access;
pub mod campaigns;
pub mod found;
pub mod messages;
pub mod pull;
pub mod push;
pub mod reader;
