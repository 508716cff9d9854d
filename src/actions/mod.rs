//! The use cases, one file for each verb. An action loads and locks rows, lets `domain` decide, and writes the result.
//! It runs inside the write transaction that its caller opened, and decides a refusal before it writes anything.

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
