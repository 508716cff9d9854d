//! Accounts, sessions and tokens.

pub mod accounts;
pub mod tokens;
