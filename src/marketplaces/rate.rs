//! The pace of requests to one store, and the wait after a failure.

use crate::domain::stores::failure::FailureClass;
use backon::{BackoffBuilder, ExponentialBuilder};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::{num::NonZeroU32, sync::Arc, time::Duration};

/// The pace of one store. Clones share it.
#[derive(Clone)]
pub struct Rate(Arc<DefaultDirectRateLimiter>);

impl Rate {
    /// After a second without requests, as many may go at once, so that no second sees more than twice the number.
    pub fn per_second(requests: NonZeroU32) -> Self {
        Self(Arc::new(RateLimiter::direct(Quota::per_second(requests))))
    }

    pub(super) async fn until_ready(&self) {
        self.0.until_ready().await;
    }
}

/// How long to wait after so many failures in a row, if the marketplace did not say: longer each time, up to a limit that
/// depends on the class, and at random, so that requests which failed together are not retried together.
pub fn backoff(failures: u32, class: FailureClass) -> Duration {
    let (first, most) = match class {
        FailureClass::Temporary => (Duration::from_secs(1), Duration::from_secs(5 * 60)),
        FailureClass::Throttled => (Duration::from_secs(2), Duration::from_secs(5 * 60)),
        // The failure has the end of the campaign, if it is known.
        FailureClass::Locked => (Duration::from_secs(60), Duration::from_secs(15 * 60)),
        // Staff have to fix it; a retry only finds out whether they did so at the marketplace.
        FailureClass::Mapping | FailureClass::Credentials => (Duration::from_secs(5 * 60), Duration::from_secs(3600)),
    };
    let steps = ExponentialBuilder::new().with_min_delay(first).with_max_delay(most).without_max_times().with_jitter();
    steps.build().nth(failures.saturating_sub(1).min(64) as usize).unwrap_or(most)
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
