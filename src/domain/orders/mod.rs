//! Orders, and where the units of their lines come from.

pub mod coverage;
pub mod fulfilment;
pub mod history;
pub mod matching;
pub mod order;
pub mod parts;
pub mod pulled;
pub mod state;

#[cfg(test)]
mod histories;
