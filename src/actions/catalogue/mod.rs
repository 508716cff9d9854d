//! SKUs and their stock.

pub mod add_sku;
pub mod alike_codes;
pub mod archive_sku;
pub mod change_picture;
pub mod change_stock;
pub mod count_stock;
pub mod edit_sku;
pub mod merge_skus;
pub mod normalize_codes;
pub mod rename_sku;
pub mod save_skus;
