//! Removes the lines of the push log that are older than the settings say.

use crate::{
    db::{self, Database, stores::push_log},
    domain::moment::Moment,
};
use chrono::TimeDelta;
use std::time::Duration;
use tokio::time;

/// Lines that one transaction removes, while others wait to write.
const BATCH: usize = 500;

/// The pause between two batches, in which others may write.
const PAUSE: Duration = Duration::from_millis(20);

/// Removes every line that was written more than `kept_for` before `now`, and returns how many there were.
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
