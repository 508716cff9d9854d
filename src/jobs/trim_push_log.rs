//! Removes the lines of the push log that are older than the settings say. Nothing waits for it.

use crate::{
    db::{self, Database, stores::push_log},
    domain::moment::Moment,
};
use chrono::TimeDelta;
use std::time::Duration;
use tokio::time;

/// Lines that are removed in one transaction: others that want to write wait meanwhile.
const BATCH: usize = 500;

/// The pause between two batches, in which others may write.
const PAUSE: Duration = Duration::from_millis(20);

/// Removes every line that was written more than `kept_for` before `now`, and returns how many there were.
///
/// # Errors
/// When the database fails: what is left is removed the next time.
pub async fn run_once(database: &Database, now: Moment, kept_for: TimeDelta) -> Result<usize, db::Error> {
    let before = now.plus(-kept_for);
    if !database.read(move |conn| push_log::is_any_before(conn, before)).await? {
        return Ok(0);
    }
    let mut removed = 0;
    loop {
        let some = database.write(move |conn| push_log::delete_before(conn, before, BATCH)).await?;
        removed += some;
        if some < BATCH {
            return Ok(removed);
        }
        time::sleep(PAUSE).await;
    }
}
