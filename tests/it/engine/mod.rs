//! The database itself: connections, migrations, crashes.

pub mod crashes;
pub mod database;
pub mod migrations;
