//! Recomputes everything from the ledger and stores the differences.

pub mod store_verification;
pub mod verify;
pub mod verify_pushes;
