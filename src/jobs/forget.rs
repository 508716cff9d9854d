//! Takes out of the log of pushes what was kept for its time. Nothing waits for it.

use crate::{
    clock::Clock,
    db::{self, Database, stores::push_log},
    domain::moment::Moment,
    fault::log_fault,
};
use chrono::TimeDelta;
use std::time::Duration;
use tokio::time;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(600);

/// Lines that are removed in one transaction: others who want to write wait meanwhile.
const TOGETHER: usize = 500;

/// How long others who want to write have between two of them.
const TURN_OF_OTHERS: Duration = Duration::from_millis(20);

/// Removes every line that was written more than `kept_for` before `now`, some at a time, and answers how many there
/// were.
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
        let some = database.write(move |conn| push_log::delete_before(conn, before, TOGETHER)).await?;
        removed += some;
        if some < TOGETHER {
            return Ok(removed);
        }
        time::sleep(TURN_OF_OTHERS).await;
    }
}

/// Does so from time to time, for as long as the server runs.
pub async fn run(database: Database, clock: Clock, kept_for: TimeDelta) {
    let mut turns = time::interval(EVERY);
    turns.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        if let Err(error) = run_once(&database, clock.now(), kept_for).await {
            drop(log_fault(&error));
        }
    }
}
