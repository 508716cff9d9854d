//! Applies the rows of imports that wait, a chunk at a time.

use crate::{
    actions::imports::apply_import_chunk,
    clock::Clock,
    db::{self, Database},
    domain::moment::Moment,
};
use std::time::Duration;
use tokio::{sync::Notify, time};

/// How long the job waits before it looks by itself: for what a server left that is gone, and after a failure.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How long others who want to write have between two chunks. The pool of connections gives no turns: whoever asks
/// again at once would be ahead of those who wait.
const TURN_OF_OTHERS: Duration = Duration::from_millis(1);

/// Tells the job of this server that there is something to do.
#[derive(Debug, Default)]
pub struct Wake(Notify);

impl Wake {
    /// Wakes the job, now or when it next would sleep.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// Applies one chunk of the oldest import that nobody is working on; answers whether there was one.
///
/// # Errors
/// When the database fails: the rows wait as before.
pub async fn run_once(database: &Database, now: Moment) -> Result<bool, db::Error> {
    if !database.read(db::imports::has_unfinished).await? {
        return Ok(false);
    }
    let applied = database.write(move |conn| apply_import_chunk::run(conn, None, now)).await?;
    Ok(applied.is_some())
}

/// Applies what waits, first of all what an earlier server left, for as long as the server runs.
pub async fn run(database: Database, clock: Clock, wake: std::sync::Arc<Wake>) {
    loop {
        match run_once(&database, clock.now()).await {
            Ok(true) => {
                time::sleep(TURN_OF_OTHERS).await;
                continue;
            }
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "rows of an import were not applied: they wait"),
        }
        // Woken or not, it looks.
        drop(time::timeout(LOOK_AGAIN, wake.0.notified()).await);
    }
}
