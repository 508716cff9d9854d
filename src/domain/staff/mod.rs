//! Members of staff: what an e-mail address and a password may be.

pub mod account;
