//! The engine: connections to either database, migrations, the schema, and where the two differ.

pub mod among;
pub mod backup;
pub mod bulk;
pub mod clock_guard;
pub mod connection;
pub mod database;
pub mod error;
pub mod file;
mod joins;
pub mod keyset;
pub mod migrate;
pub mod paging;
pub mod savepoint;
pub mod schema;
pub mod search;
pub mod sql;
pub mod types;
pub mod url;
