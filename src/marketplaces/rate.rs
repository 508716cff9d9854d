//! The pace of requests to one store, and the wait after a failure.

use crate::domain::stores::failure::FailureClass;
use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::TimeDelta;
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
pub fn backoff(failures: i64, class: FailureClass) -> TimeDelta {
    let (first_seconds, most_seconds) = match class {
        FailureClass::Temporary | FailureClass::Unavailable => (1, 5 * 60),
        FailureClass::Throttled => (2, 5 * 60),
        // The failure has the end of the campaign, if it is known.
        FailureClass::Locked => (60, 15 * 60),
        // Staff have to fix it; a retry only finds out whether they did so at the marketplace.
        FailureClass::Mapping
        | FailureClass::NotWritable
        | FailureClass::Credentials
        | FailureClass::PermissionEnded => (5 * 60, 3600),
    };
    let first = Duration::from_secs(first_seconds);
    let most = Duration::from_secs(most_seconds);
    let step = usize::try_from(failures.saturating_sub(1).clamp(0, 64)).expect("between 0 and 64");
    let steps = ExponentialBuilder::new().with_min_delay(first).with_max_delay(most).without_max_times().with_jitter();
    TimeDelta::from_std(steps.build().nth(step).unwrap_or(most)).expect("hours at most")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_differ() {
        for class in FailureClass::ALL {
            let first = backoff(1, class);
            let late: Vec<_> = (0..20).map(|_| backoff(40, class)).collect();
            assert!(first >= TimeDelta::seconds(1), "{class:?} {first:?}");
            assert!(late.iter().all(|wait| *wait >= first && *wait <= TimeDelta::hours(2)), "{late:?}");
            assert!(late.iter().any(|wait| *wait != late[0]), "{late:?}");
        }
        assert!(backoff(0, FailureClass::Temporary) < TimeDelta::seconds(3));
        assert!(backoff(i64::MAX, FailureClass::Temporary) <= TimeDelta::minutes(10));
    }
}
