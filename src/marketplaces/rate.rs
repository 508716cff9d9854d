//! How often one store is asked, and how long is waited after a failure.

use crate::domain::stores::failure::FailureClass;
use backon::{BackoffBuilder, ExponentialBuilder};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::{num::NonZeroU32, sync::Arc, time::Duration};

/// The pace of one store: whoever sends to it waits for a turn. Clones share it.
#[derive(Clone)]
pub struct Rate(Arc<DefaultDirectRateLimiter>);

impl Rate {
    /// As many requests a second. After a quiet second as many may go at once, so that no second sees more than twice
    /// the number.
    #[must_use]
    pub fn per_second(requests: NonZeroU32) -> Self {
        Self(Arc::new(RateLimiter::direct(Quota::per_second(requests))))
    }

    /// Waits for the next turn.
    pub(super) async fn turn(&self) {
        self.0.until_ready().await;
    }
}

/// How long to wait after so many failures in a row, if the marketplace did not say: longer each time, up to a limit
/// that depends on what it was, and at random, so that what failed together does not come back together.
#[must_use]
pub fn backoff(failures: u32, class: FailureClass) -> Duration {
    let (first, most) = match class {
        FailureClass::Temporary => (Duration::from_secs(1), Duration::from_secs(5 * 60)),
        FailureClass::Throttled => (Duration::from_secs(2), Duration::from_secs(5 * 60)),
        // A campaign ends when it ends: what is known of that is in the failure.
        FailureClass::Locked => (Duration::from_secs(60), Duration::from_secs(15 * 60)),
        // Staff have to do something; until then it is only looked whether they did it elsewhere.
        FailureClass::Mapping | FailureClass::Credentials => (Duration::from_secs(5 * 60), Duration::from_secs(3600)),
    };
    let steps = ExponentialBuilder::new().with_min_delay(first).with_max_delay(most).without_max_times();
    let step = |steps: ExponentialBuilder| steps.build().nth(failures.saturating_sub(1).min(64) as usize);
    step(steps.with_jitter()).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_differ() {
        for class in FailureClass::ALL {
            let first = backoff(1, class);
            let late: Vec<_> = (0..20).map(|_| backoff(40, class)).collect();
            assert!(first >= Duration::from_secs(1), "{class:?} {first:?}");
            assert!(late.iter().all(|wait| *wait >= first && *wait <= Duration::from_secs(2 * 3600)), "{late:?}");
            assert!(late.iter().any(|wait| *wait != late[0]), "{late:?}");
        }
        assert!(backoff(0, FailureClass::Temporary) < Duration::from_secs(3));
        assert!(backoff(u32::MAX, FailureClass::Temporary) <= Duration::from_secs(600));
    }
}
