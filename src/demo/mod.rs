//! The data of `flashsale demo`: the article's example, and a small company with running and ended sales and with orders.
//! It is created by the actions, which receive times in the past, so that the ledger is consistent.
//!
//! Architecture invariant: nothing here writes to a table directly.

mod connect;
mod data;
mod fill;
mod inputs;
pub mod marketplace;
mod orders;

pub use connect::{connect, sell};
pub use fill::fill;
pub use inputs::EMAIL;
