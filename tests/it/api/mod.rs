//! The API: its calls, its document, its fields, and idempotency.

pub mod calls;
pub mod client;
pub mod document;
pub mod fields;
pub mod once;
