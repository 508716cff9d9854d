//! Stores: the list, and adding one.

pub mod create;
pub mod list;
