//! Orders: by form, by API, at the same time, and replayed from a real shop.

pub mod api;
pub mod fields;
pub mod form;
pub mod money;
pub mod owed;
pub mod pages;
pub mod plans;
pub mod races;
pub mod replay;
pub mod states;
pub mod unmatched;
