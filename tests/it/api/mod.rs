//! The API: its calls, its document, its lists, its bodies and their fields, and idempotency.

pub mod bodies;
pub mod calls;
pub mod client;
pub mod document;
pub mod fields;
pub mod lists;
pub mod once;
