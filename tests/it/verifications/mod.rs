//! Everything recomputed from the ledger.

pub mod pages;
pub mod verify;
