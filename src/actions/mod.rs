//! The use cases, one file for each verb, and what several of them share. An action loads and locks rows, lets `domain`
//! decide, and writes the result. It runs inside the write transaction that its caller opened: a refusal undoes whatever
//! it has written.

pub mod catalogue;
pub mod imports;
pub mod orders;
pub mod promotions;
pub mod staff;
pub mod stores;
pub mod verifications;
