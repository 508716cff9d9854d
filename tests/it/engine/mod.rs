//! The database itself: connections, migrations, crashes.

pub mod crashes;
pub mod database;
pub mod deadlines;
pub mod migrations;
#[cfg(feature = "postgres")]
pub mod outages;
#[cfg(feature = "postgres")]
pub mod proxy;
