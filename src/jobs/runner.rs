//! The loop of every job.

use super::health::JobsHealth;
use crate::{db, fault::log_fault};
use futures_util::future::LocalBoxFuture;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time};

/// The pause between two runs of a job that has more to do, in which others may write. Database connections are not given
/// out in order: a job that asked again at once would overtake those that wait.
const PAUSE: Duration = Duration::from_millis(1);

/// Starts the next run of a job of this server early.
#[derive(Debug, Default)]
pub struct Wake(Notify);

impl Wake {
    /// A job that is running starts again when the run ends.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// There may be more to do: the next run follows at once.
    More,
    /// The next run follows after the period.
    Done,
}

pub type RunOnce = Box<dyn Fn() -> LocalBoxFuture<'static, Result<Run, db::Error>>>;

pub struct Job {
    pub name: &'static str,
    pub every: Duration,
    /// The wait before the first run.
    pub delay: Duration,
    /// Ends a wait early.
    pub wake: Arc<Wake>,
    pub run_once: RunOnce,
}

impl Job {
    /// Runs the job for as long as the server runs. A failure is logged, and the next run follows after the period.
    pub async fn run(self, health: Arc<JobsHealth>) {
        health.succeeded(self.name, self.delay);
        time::sleep(self.delay).await;
        loop {
            health.begins(self.name);
            match (self.run_once)().await {
                Ok(Run::More) => {
                    time::sleep(PAUSE).await;
                    continue;
                }
                Ok(Run::Done) => health.succeeded(self.name, self.every),
                Err(error) => {
                    drop(log_fault(&format!("{}: {error}", self.name)));
                    health.failed(self.name, self.every);
                }
            }
            drop(time::timeout(self.every, self.wake.0.notified()).await);
        }
    }
}
