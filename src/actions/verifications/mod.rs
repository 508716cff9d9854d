//! Everything recomputed from the ledger, and what was found.

pub mod store_verification;
pub mod verify;
pub mod verify_pushes;
