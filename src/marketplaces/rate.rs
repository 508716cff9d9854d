//! The pace of requests to one store, and the wait after a failure.

use crate::domain::stores::failure::FailureClass;
use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::TimeDelta;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock as _};
use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time;

/// The pace of one store. Clones share it.
#[derive(Clone)]
pub struct Rate {
    limit: Arc<DefaultDirectRateLimiter>,
    /// How many requests wait that come first.
    first: Arc<AtomicUsize>,
}

tokio::task_local! {
    static AFTER_OTHERS: bool;
}

/// Makes requests that let all others of their store go first: those that lower a quantity or read orders wait for no list
/// and no reading back, and of a raise for its write alone.
pub async fn after_others<T>(requests: impl Future<Output = T>) -> T {
    AFTER_OTHERS.scope(true, requests).await
}

/// Makes requests that go in their turn, also within those that let others go first: what was decided on what a store showed
/// is written at once, because buyers go on.
pub(super) async fn in_turn<T>(requests: impl Future<Output = T>) -> T {
    AFTER_OTHERS.scope(false, requests).await
}

/// How often a request looks again whether one that comes first still waits.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Rate {
    /// After a second without requests, as many may go at once, so that no second sees more than twice the number.
    pub fn per_second(requests: NonZeroU32) -> Self {
        let limit = Arc::new(RateLimiter::direct(Quota::per_second(requests)));
        Self { limit, first: Arc::default() }
    }

    pub(super) async fn until_ready(&self) {
        let is_after_others = AFTER_OTHERS.try_with(|after| *after).unwrap_or(false);
        if !is_after_others {
            let _waiting = Waiting::new(&self.first);
            self.limit.until_ready().await;
            return;
        }
        loop {
            if self.first.load(Ordering::SeqCst) > 0 {
                time::sleep(LOOK_AGAIN).await;
                continue;
            }
            match self.limit.check() {
                Ok(()) => return,
                Err(not_yet) => time::sleep(not_yet.wait_time_from(self.limit.clock().now())).await,
            }
        }
    }
}

/// Counts a request while it waits, also if it is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
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

    /// Makes a request of each name at once, while none may go, and returns the names in the order in which they went.
    fn order_of(names: &[&'static str]) -> Vec<&'static str> {
        let rate = Rate::per_second(NonZeroU32::new(20).expect("not 0"));
        let order = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        actix_web::rt::System::new().block_on(async {
            for _ in 0..20 {
                rate.until_ready().await;
            }
            let mut all = Vec::new();
            for name in names.iter().copied() {
                let rate = rate.clone();
                let order = order.clone();
                all.push(actix_web::rt::spawn(async move {
                    match name {
                        "list" => after_others(rate.until_ready()).await,
                        "write" => after_others(in_turn(rate.until_ready())).await,
                        _ => rate.until_ready().await,
                    }
                    order.borrow_mut().push(name);
                }));
            }
            for one in all {
                one.await.expect("it is not given up");
            }
        });
        order.take()
    }

    #[test]
    fn a_write_among_requests_after_others_goes_in_its_turn() {
        assert_eq!(order_of(&["list", "list", "write"]), ["write", "list", "list"]);
    }

    #[test]
    fn requests_that_come_first_overtake_those_after_others() {
        let order = order_of(&["list", "list", "list", "push", "push", "push"]);
        assert_eq!(order.iter().filter(|name| **name == "list").count(), 3);
        let last_push = order.iter().rposition(|name| *name == "push").expect("pushes");
        assert!(last_push <= 3, "at most one list goes before the last push: {order:?}");
    }

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
