//! The database itself: connections, migrations, crashes.

pub mod backups;
pub mod clocks;
pub mod crashes;
pub mod database;
pub mod deadlines;
pub mod disk_errors;
#[cfg(feature = "postgres")]
pub mod failover;
pub mod growth;
pub mod keys;
pub mod migrations;
#[cfg(feature = "postgres")]
pub mod outages;
pub mod power_loss;
#[cfg(feature = "postgres")]
pub mod proxy;
#[cfg(feature = "postgres")]
pub mod servers;
pub mod statistics;
