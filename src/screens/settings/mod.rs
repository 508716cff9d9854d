//! Settings: one's own account and its sessions, everybody's accounts, API tokens.

pub mod account;
pub mod sessions;
pub mod tokens;
pub mod users;
