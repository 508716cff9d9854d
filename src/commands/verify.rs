//! `flashsale verify`

use flashsale::{
    actions::verifications::{store_verification, verify},
    clock::Clock,
    db::{Conn, Database},
    settings::Settings,
};
use std::error::Error;

/// Who stands beside what the command did.
const ACTOR: &str = "command line";

/// Prints every difference and a line that sums up, and keeps what came of it in the database, where that can be written.
///
/// # Errors
/// When there is a difference, or the database fails.
pub fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let Settings { database_url: url, pool, .. } = settings;
    let clock = Clock::system();
    let began_at = clock.now();
    let report = Database::inspect(url, *pool, |conn: &mut Conn| verify::run(conn, began_at))?;
    println!("{report}");
    let times = (began_at, clock.now());
    let keep = |conn: &mut Conn| store_verification::keep(conn, times, ACTOR, &report);
    if let Err(error) = Database::amend(url, *pool, keep) {
        eprintln!("flashsale: the result could not be saved in the database: {error}");
    }
    if report.differences.is_empty() {
        Ok(())
    } else {
        Err("the database does not agree with its ledger: the differences are listed above".into())
    }
}
