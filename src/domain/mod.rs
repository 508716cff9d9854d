//! The business rules: pure functions without I/O, clock, async or database types. Time is an argument.
//!
//! An action loads the values that a rule needs, and saves the values that it returns.
#![warn(missing_docs)]

pub mod catalogue;
pub mod code;
pub mod compared;
pub mod id;
pub mod imports;
pub mod moment;
pub mod money;
pub mod number;
pub mod orders;
pub mod place;
pub mod promotions;
pub mod refusal;
pub mod sentence;
pub mod staff;
pub mod stores;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub(crate) mod words;
pub mod written_time;
