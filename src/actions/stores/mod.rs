//! Adds, edits and connects stores, and maps their listings.

pub mod accept_found;
pub mod add_store;
pub mod ask_permission;
pub mod connect_permitted;
pub mod connect_store;
pub mod disconnect_store;
pub mod edit_store;
pub mod fetch_listings;
pub mod found_tasks;
pub mod ignore_found;
pub mod leave_listings;
pub mod make_found_skus;
pub mod map_listings;
pub mod note_fetch;
pub mod note_test;
pub mod pause_store;
pub mod rename_store;
pub mod retire_listings;
pub mod save_app;
pub mod save_listings;
pub mod save_mappings;
pub mod unlist;
