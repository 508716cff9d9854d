//! The rules, and nothing else: no I/O, no clock, no async, no database types. Time is an argument.
//!
//! Everything here is decided from values that an action has loaded, and answers with values that an action saves.

pub mod catalogue;
pub mod code;
pub mod id;
pub mod imports;
pub mod moment;
pub mod orders;
pub mod promotions;
pub mod refusal;
pub mod sentence;
pub mod staff;
pub mod stores;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub(crate) mod words;
