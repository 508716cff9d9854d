//! Who may come in: the first account, signing in and out, and the settings of accounts.

pub mod sign_in;
pub mod sign_out;
