//! Settings: API tokens.

pub mod tokens;
