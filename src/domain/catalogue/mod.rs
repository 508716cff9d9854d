//! Stock: what is on hand, what is shared, the quantity that each store should show and why, and the ledger.

pub mod explanation;
pub mod ledger;
#[cfg(test)]
pub mod properties;
pub mod quantity;
pub mod stock;
