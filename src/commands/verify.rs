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
    let now = Clock::system().now();
    let verify = |conn: &mut db::Conn| verify::run(conn, now);
    let report = Database::inspect(&settings.database_url, settings.pool, verify)?;
    println!("{report}");
    if report.differences.is_empty() {
        Ok(())
    } else {
        Err("the database does not agree with its ledger: the differences are listed above".into())
    }
}
