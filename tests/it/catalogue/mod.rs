//! The catalogue: its pages, SKUs, and the quantities that programs ask for.

pub mod codes;
pub mod pages;
pub mod pictures;
pub mod quantity_changes;
pub mod quantity_files;
pub mod skus;
pub mod stock_changes;
