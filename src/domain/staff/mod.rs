//! Members of staff: their accounts, and who may do what.

pub mod account;
pub mod password;
pub mod permission;
