//! The stock of SKUs, the quantity that each store should show, the explanation of that quantity, and the ledger.

pub mod availability;
pub mod explanation;
pub mod ledger;
pub mod picture;
#[cfg(test)]
pub mod properties;
pub mod quantity;
pub mod stock;
pub mod stock_change;
