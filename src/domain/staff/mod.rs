//! Members of staff and their accounts.

pub mod account;
