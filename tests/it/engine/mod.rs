//! The database itself: connections, migrations, crashes.

pub mod backups;
pub mod clocks;
pub mod crashes;
pub mod database;
pub mod disk_errors;
pub mod migrations;
pub mod power_loss;
