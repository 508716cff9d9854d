//! The loop of every job.

use crate::{db, fault::log_fault};
use futures_util::future::LocalBoxFuture;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time};

/// The pause between two runs of a job that has more to do: others may write meanwhile. Database connections are not
/// given in order, so that a job that asked again at once would be ahead of those that wait.
const PAUSE: Duration = Duration::from_millis(1);

/// Wakes a job of this server before its time.
#[derive(Debug, Default)]
pub struct Wake(Notify);

impl Wake {
    /// Wakes the job, now or when it would next wait.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// How a run of a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// There may be more to do at once.
    More,
    /// There is nothing to do until the next period.
    Done,
}

/// What one run of a job is.
pub type RunOnce = Box<dyn Fn() -> LocalBoxFuture<'static, Result<Run, db::Error>>>;

/// What runs in the background from time to time.
pub struct Job {
    pub name: &'static str,
    /// How long it waits between two runs.
    pub every: Duration,
    /// How long it waits after the server has started.
    pub delay: Duration,
    /// What ends its wait early, where something does.
    pub wake: Arc<Wake>,
    pub run_once: RunOnce,
}

impl Job {
    /// Runs it for as long as the server runs. What fails is in the log and is tried again a period later.
    pub async fn run(self) {
        time::sleep(self.delay).await;
        loop {
            match (self.run_once)().await {
                Ok(Run::More) => {
                    time::sleep(PAUSE).await;
                    continue;
                }
                Ok(Run::Done) => {}
                Err(error) => drop(log_fault(&format!("{}: {error}", self.name))),
            }
            // It makes no difference whether it was woken or its time has come.
            drop(time::timeout(self.every, self.wake.0.notified()).await);
        }
    }
}
