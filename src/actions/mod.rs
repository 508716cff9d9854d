//! What the program does: a file per verb. Each loads and locks, decides in `domain`, and saves, inside the one write
//! transaction that its caller opened. A refusal is decided before anything is written.

pub mod catalogue;
pub mod imports;
pub mod orders;
pub mod promotions;
pub mod staff;
pub mod stores;
pub mod verifications;
