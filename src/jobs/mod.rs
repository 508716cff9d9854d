//! What runs in the background: each a `run_once` that tells whether there was anything to do, and a loop around it.
//! No rule waits for a job: stock, for one, is free at the end of a sale whether or not anything runs.

pub mod forget;
pub mod imports;
pub mod intake;
pub mod settle;
pub mod verify;
