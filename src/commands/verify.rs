//! `flashsale verify`

use flashsale::{
    actions::verifications::{store_verification, verify},
    clock::Clock,
    db::{Conn, Database},
    settings::Settings,
};
use std::error::Error;

/// The actor that is shown with the stored report.
const ACTOR: &str = "command line";

/// Prints every difference and a summary, and stores the report in the database unless that is read-only.
pub fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let Settings { database_url: url, pool, .. } = settings;
    let clock = Clock::system();
    let began_at = clock.now();
    let report = Database::inspect(url, *pool, |conn: &mut Conn| verify::run(conn, began_at))?;
    println!("{report}");
    let times = (began_at, clock.now());
    let stored = Database::amend(url, *pool, |conn| store_verification::store(conn, times, ACTOR, &report));
    if let Err(error) = stored {
        eprintln!("flashsale: the report was not stored in the database: {error}");
    }
    if report.differences.is_empty() {
        Ok(())
    } else {
        Err("the database does not agree with its ledger: the differences are listed above".into())
    }
}
