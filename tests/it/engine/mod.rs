//! The database itself: connections, migrations, crashes.

pub mod backups;
pub mod clocks;
pub mod crashes;
pub mod database;
pub mod disk_errors;
#[cfg(feature = "postgres")]
pub mod failover;
pub mod growth;
pub mod migrations;
pub mod power_loss;
#[cfg(feature = "postgres")]
pub mod servers;
pub mod statistics;
