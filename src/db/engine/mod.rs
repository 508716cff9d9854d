//! The engine: connections to either database, migrations, the schema, and what differs between the two.

pub mod among;
pub mod bucketed;
#[expect(missing_docs, reason = "diesel writes items without a description")]
pub mod connection;
pub mod error;
pub mod file;
pub mod json;
pub mod keyset;
pub mod migrate;
pub mod paging;
pub mod schema;
pub mod search;
pub mod sums;
pub mod types;
pub mod url;
pub mod written;
