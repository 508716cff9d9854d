//! SKUs and the quantities of every store.

pub mod quantities;
pub mod skus;
pub mod stock_changes;
