//! Members of staff: what an e-mail address and a password may be, and who may do what.

pub mod account;
pub mod permission;
