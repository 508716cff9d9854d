//! Compares the clock of the machine with what it should show, and records it if it is right.

use crate::db::{self, Database};

pub async fn run_once(database: &Database) -> Result<(), db::Error> {
    database.record_time_again().await
}
