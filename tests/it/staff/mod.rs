//! Accounts, sessions and tokens.

pub mod accounts;
pub mod organization;
pub mod tokens;
