//! Imports of files, whose rows are stored first and then applied in chunks.

pub mod apply_import_chunk;
pub mod ask_about_retiring;
pub mod import_catalogue;
mod import_components;
pub mod import_listings;
pub mod import_orders;
pub mod import_rows;
pub mod import_stock_changes;
pub mod repeated_changes;
pub mod several_rows;
pub mod start_import;
pub mod summary;
pub mod write_failed_rows;
