//! The rules, and nothing else: no I/O, no clock, no async, no database types. Time is an argument.
//!
//! Everything here is decided from values that an action has loaded, and answers with values that an action saves.

pub mod account;
pub mod api_address;
pub mod buckets;
pub mod code;
pub mod connection;
pub mod cost;
pub mod draft;
pub mod edit;
pub mod explanation;
pub mod failure;
pub mod fulfilment;
pub mod history;
pub mod hold;
pub mod id;
pub mod import;
pub mod ledger;
pub mod mapping;
pub mod moment;
pub mod order;
pub mod promotion;
#[cfg(test)]
mod properties;
pub mod push;
pub mod quantity;
pub mod refusal;
pub mod sales;
pub mod schedule;
pub mod sentence;
pub mod standing;
pub mod steering;
pub mod stock;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod timeline;
