//! Files that can be imported, and their columns.

pub mod import;
