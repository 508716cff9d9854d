//! Orders, and where the units of their lines come from.

pub mod fulfilment;
pub mod order;
