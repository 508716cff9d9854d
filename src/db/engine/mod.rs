//! The engine: connections to either database, migrations, the schema, and where the two differ.

pub mod among;
pub mod backup;
pub mod budget;
pub mod bulk;
pub mod clock_guard;
pub mod connection;
pub mod database;
#[cfg(feature = "postgres")]
mod deadlines;
pub mod error;
pub mod file;
mod joins;
pub mod keyset;
pub mod migrate;
pub mod paging;
mod pool;
mod progress;
pub mod recent_keys;
pub mod savepoint;
pub mod schema;
pub mod search;
#[cfg(feature = "postgres")]
mod server;
pub mod session;
pub mod sql;
mod statistics;
pub mod threads;
pub mod types;
pub mod url;
