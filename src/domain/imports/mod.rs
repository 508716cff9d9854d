//! Files that can be imported, and their columns.

pub mod import;
pub mod many_retired;
