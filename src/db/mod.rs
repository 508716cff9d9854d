//! The only place that knows diesel. Two doors: [`Database::read`] and [`Database::write`]; a file per table with
//! what is asked of it; `reads/` with a file per screen.
//!
//! Architecture invariant: whoever spends stock takes the rows' locks first ([`crate::db::catalogue::skus::lock`]), decides in `domain`, and
//! saves the totals together with their ledger entry ([`crate::db::catalogue::ledger::record`]).

pub mod availability;
pub mod catalogue;
pub mod dashboard;
pub mod engine;
pub mod idempotency;
pub mod imports;
pub mod orders;
pub mod promotions;
pub mod staff;
pub mod stores;
pub mod verifications;

/// What every query answers, and that there was no row: named here so that only this folder names diesel.
pub use diesel::{NotFound, QueryResult};
pub use engine::connection::{Conn, MultiBackend as Backend, Purpose};
pub use engine::database::{Database, PoolSize};
pub use engine::error::{Ending, Error, ErrorKind, Failed, Failure};
pub use engine::url::DatabaseUrl;
