//! Takes the holds of sales that are over out of the index of open ones, so that it stays as small as what runs. No
//! stock waits for it: a hold is over when its end has come.

use crate::{
    clock::Clock,
    db::{
        self, Database,
        promotions::{drafts, holds},
    },
    domain::moment::Moment,
    fault::log_fault,
};
use std::time::Duration;
use tokio::time;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(60);

/// Settles the holds that ended by `now`, and answers how many there were. With them go the edits of their sales.
///
/// # Errors
/// When the database fails: the holds are settled the next time.
pub async fn run_once(database: &Database, now: Moment) -> Result<usize, db::Error> {
    if !database.read(move |conn| holds::has_unsettled(conn, now)).await? {
        return Ok(0);
    }
    database
        .write(move |conn| {
            drafts::forget_edits(conn, now)?;
            holds::settle_ended(conn, now)
        })
        .await
}

/// Settles from time to time, for as long as the server runs.
pub async fn run(database: Database, clock: Clock) {
    let mut turns = time::interval(EVERY);
    turns.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        if let Err(error) = run_once(&database, clock.now()).await {
            drop(log_fault(&error));
        }
    }
}
