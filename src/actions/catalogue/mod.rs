//! SKUs and their stock.

pub mod add_sku;
pub mod change_stock;
pub mod count_stock;
pub mod edit_sku;
pub mod save_skus;
