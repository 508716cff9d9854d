//! SKUs, their ledger, and what the catalogue shows.

pub mod detail;
pub mod former_codes;
pub mod ledger;
pub mod list;
pub mod pictures;
pub mod quantities;
pub mod quantity_changes;
pub mod quantity_checks;
pub mod rename;
pub mod skus;
