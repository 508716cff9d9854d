//! The only layer that knows diesel. There are two ways in: [`Database::read`] and [`Database::write`]. The folders are
//! named by nouns; a table named like its noun is in the noun's `mod.rs`. What is available of a SKU is read in
//! [`availability`] only.
//!
//! Architecture invariant: an action that spends stock locks the SKUs first ([`catalogue::skus::lock`]), decides in
//! `domain`, and saves the totals together with their ledger entry ([`catalogue::ledger::record`]).

pub mod availability;
pub mod catalogue;
pub mod dashboard;
pub mod engine;
pub mod health;
pub mod idempotency;
pub mod imports;
pub mod orders;
pub mod promotions;
pub mod staff;
pub mod stores;
pub mod verifications;

/// Named here so that the other layers do not name diesel.
pub use diesel::{NotFound, QueryResult, result::Error as QueryError};
pub use engine::backup::DatabaseCopy;
pub use engine::budget;
pub use engine::clock_guard::Comparison;
pub use engine::connection::{Conn, MultiBackend as Backend, Purpose};
pub use engine::database::{Database, PoolSize};
pub use engine::error::{Ending, Error, ErrorKind, Failed, Failure};
pub use engine::recent_keys::{KeyHash, RecentKeys};
pub use engine::threads::run as off_thread;
pub use engine::url::DatabaseUrl;
