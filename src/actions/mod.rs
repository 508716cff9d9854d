//! What the program does: a file per verb. Each loads and locks, decides in `domain`, and saves, inside the one write
//! transaction that its caller opened. A refusal is decided before anything is written.

pub mod advance_pushes;
pub mod catalogue;
pub mod check_quantities;
pub mod claim_pushes;
mod hurry_claims;
pub mod imports;
pub mod note_test;
pub mod orders;
pub mod plan_pushes;
pub mod promotions;
pub mod settle_pushes;
pub mod staff;
pub mod stores;
pub mod verifications;
