//! What the program does: a file per verb. Each loads and locks, decides in `domain`, and saves, inside the one write
//! transaction that its caller opened. A refusal is decided before anything is written.

pub mod add_first_user;
pub mod add_sku;
pub mod add_store;
pub mod add_token;
pub mod add_user;
pub mod apply_import_chunk;
pub mod begin_session;
pub mod change_password;
pub mod check_quantities;
pub mod claim_pushes;
pub mod close_order;
pub mod connect_store;
pub mod count_stock;
pub mod create_from_draft;
pub mod create_promotion;
pub mod disable_user;
pub mod disconnect_store;
pub mod edit_draft;
pub mod edit_promotion;
pub mod edit_sku;
pub mod edit_store;
pub mod end_promotion;
pub mod end_session;
pub mod import_catalogue;
pub mod map_listings;
pub mod pause_store;
pub mod plan_pushes;
pub mod renew_access;
pub mod revoke_token;
pub mod save_skus;
pub mod settle_pushes;
pub mod start_import;
pub mod take_orders;
pub mod verify;
pub mod write_failed_rows;
