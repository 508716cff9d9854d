//! Whether the jobs still run.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How much later than its period a job may begin.
const GRACE: Duration = Duration::from_secs(300);

/// How long a run may take: a verification of a large database takes long.
const LONGEST_RUN: Duration = Duration::from_secs(6 * 3600);

/// After so many failed runs in a row a job counts as failing.
const FAILURES: u32 = 3;

#[derive(Debug, Clone, Copy)]
struct State {
    /// When it begins or ends its next run at the latest.
    due: Instant,
    failures: u32,
}

/// What every job last reported.
#[derive(Debug, Default)]
pub struct JobsHealth(Mutex<BTreeMap<&'static str, State>>);

impl JobsHealth {
    pub(super) fn begins(&self, job: &'static str) {
        self.set(job, LONGEST_RUN, |failures| failures);
    }

    /// The next run follows after `pause`.
    pub(super) fn succeeded(&self, job: &'static str, pause: Duration) {
        self.set(job, pause + GRACE, |_| 0);
    }

    pub(super) fn failed(&self, job: &'static str, pause: Duration) {
        self.set(job, pause + GRACE, |failures| failures + 1);
    }

    fn set(&self, job: &'static str, within: Duration, failures: impl FnOnce(u32) -> u32) {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = states.get(job).map_or(0, |state| state.failures);
        states.insert(job, State { due: Instant::now() + within, failures: failures(before) });
    }

    /// `ok`, or the jobs that stand still or fail.
    pub fn in_words(&self) -> String {
        self.in_words_at(Instant::now())
    }

    fn in_words_at(&self, now: Instant) -> String {
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wrong = Vec::new();
        for (job, state) in states.iter() {
            if now > state.due {
                wrong.push(format!("“{job}” stands still"));
            } else if state.failures >= FAILURES {
                wrong.push(format!("“{job}” failed {} times in a row", state.failures));
            }
        }
        if wrong.is_empty() { "ok".to_owned() } else { wrong.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_stands_still_or_fails_again_and_again_is_named() {
        let health = JobsHealth::default();
        let after = |seconds| Instant::now() + Duration::from_secs(seconds);
        assert_eq!(health.in_words(), "ok");
        health.succeeded("verify", Duration::from_secs(60));
        assert_eq!((health.in_words_at(after(350)).as_str()), "ok");
        assert_eq!(health.in_words_at(after(370)), "“verify” stands still");
        health.begins("verify");
        assert_eq!(health.in_words_at(after(3600)), "ok", "a run may take long");
        for _ in 0..2 {
            health.failed("import rows", Duration::from_secs(30));
        }
        assert_eq!(health.in_words(), "ok");
        health.failed("import rows", Duration::from_secs(30));
        assert_eq!(health.in_words(), "“import rows” failed 3 times in a row");
        health.succeeded("import rows", Duration::from_secs(30));
        assert_eq!(health.in_words(), "ok");
    }
}
