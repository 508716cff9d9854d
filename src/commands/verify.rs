//! `flashsale verify`

use flashsale::{
    actions::verify,
    clock::Clock,
    db::{self, Database},
    settings::Settings,
};
use std::error::Error;

/// Prints every difference and a line that sums up.
///
/// # Errors
/// When there is a difference, or the database fails.
pub fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let database = Database::open(&settings.database_url, settings.pool)?;
    let now = Clock::system().now();
    let report = database.read_blocking(|conn| Ok::<_, db::Error>(verify::run(conn, now)?))?;
    println!("{report}");
    if report.differences.is_empty() {
        Ok(())
    } else {
        Err("the database does not agree with its ledger: the differences are listed above".into())
    }
}
