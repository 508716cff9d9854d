//! Compares the clock of the machine with what it should show, says so if it is off, and records it if it is right.

use crate::db::{self, Comparison, Database};

pub async fn run_once(database: &Database) -> Result<(), db::Error> {
    let recording = database.clone();
    let record = move || recording.record_time();
    let compared = actix_web::web::block(record).await.unwrap_or(Err(db::Error::GivenUp))?;
    if let Some(Comparison { shown, expected, is_off: true }) = compared {
        tracing::error!(
            %shown, %expected,
            "the clock of this machine is off: stock is not changed until it is right; if it is, run flashsale clock --is-right"
        );
    }
    Ok(())
}
