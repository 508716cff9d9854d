//! Limits of password attempts, so that passwords cannot be guessed and yet no stranger can keep a person out:
//!
//! - A browser in which the person has signed in before has a limit of its own, and no other.
//! - Anybody else: by client address, against attempts with many accounts; by account and address together; and by
//!   account, against attempts from many addresses. The last one is so much larger that it takes many addresses at once
//!   to use it up, and then it keeps out only browsers in which the person has never signed in.
//!
//! Each server counts in its own memory.

use super::error::PageError;
use crate::clock::Clock;
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, Reference},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};
use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// The time for which tries count.
const WINDOW: Duration = Duration::from_secs(300);

/// How many times as many tries an address has as an account: colleagues share an address.
const ACCOUNTS_BEHIND_AN_ADDRESS: u32 = 3;

/// How many times as many tries an account has from all addresses together as from one.
const ADDRESSES_OF_AN_ACCOUNT: u32 = 10;

/// After this many tries those that no longer count are removed from memory.
const TRIES_BETWEEN_CLEANINGS: u32 = 1000;

pub struct SignInLimits {
    by_device: Limiter<String>,
    by_address: Limiter<IpAddr>,
    by_account_and_address: Limiter<(String, IpAddr)>,
    by_account: Limiter<String>,
    tries: AtomicU32,
}

type Limiter<Key> = RateLimiter<Key, HashMapStateStore<Key>, Time, NoOpMiddleware<Duration>>;

/// The time since some moment in the past: a clock that is set back must not keep anybody waiting for longer.
struct Time(Clock);

impl governor::clock::Clock for Time {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.steady()
    }
}

impl SignInLimits {
    /// Allows `tries` for an account and an address, or a known device, within [`WINDOW`], and then one more each time that
    /// a `tries`-th of it has passed.
    pub fn new(tries: NonZeroU32, clock: &Clock) -> Self {
        let times = |factor: u32| tries.saturating_mul(NonZeroU32::new(factor).unwrap_or(NonZeroU32::MIN));
        Self {
            by_device: limiter(tries, clock),
            by_address: limiter(times(ACCOUNTS_BEHIND_AN_ADDRESS), clock),
            by_account_and_address: limiter(tries, clock),
            by_account: limiter(times(ADDRESSES_OF_AN_ACCOUNT), clock),
            tries: 0.into(),
        }
    }

    /// Counts a try on a device in which the person has signed in before. `device` is the hash of its key.
    pub fn count_known(&self, device: &str) -> Result<(), PageError> {
        self.clean();
        count(&self.by_device, &device.to_owned())
    }

    /// Counts a try from `address`. `account` is the e-mail address, if a valid one was entered.
    pub fn count(&self, address: IpAddr, account: Option<&str>) -> Result<(), PageError> {
        self.clean();
        let address = network(address);
        // In this order an address that is over its limits uses nothing up for others.
        count(&self.by_address, &address)?;
        let Some(account) = account else { return Ok(()) };
        count(&self.by_account_and_address, &(account.to_owned(), address))?;
        count(&self.by_account, &account.to_owned())
    }

    fn clean(&self) {
        if self.tries.fetch_add(1, Ordering::Relaxed) % TRIES_BETWEEN_CLEANINGS == TRIES_BETWEEN_CLEANINGS - 1 {
            self.by_device.retain_recent();
            self.by_address.retain_recent();
            self.by_account_and_address.retain_recent();
            self.by_account.retain_recent();
        }
    }
}

fn limiter<Key: Hash + Eq + Clone>(tries: NonZeroU32, clock: &Clock) -> Limiter<Key> {
    let quota = Quota::with_period(WINDOW / tries.get()).expect("the window is longer than nothing").allow_burst(tries);
    RateLimiter::hashmap_with_clock(quota, Time(clock.clone()))
}

fn count<Key: Hash + Eq + Clone>(limiter: &Limiter<Key>, key: &Key) -> Result<(), PageError> {
    limiter.check_key(key).map_err(|until| {
        let wait: Duration = until.earliest_possible().duration_since(limiter.clock().now()).into();
        PageError::TooMany { retry_after_seconds: wait.as_secs() + 1 }
    })
}

/// The part of an address that identifies a client: of IPv6 the 64 bits that its provider assigns.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::moment::Moment;
    use chrono::TimeDelta;
    use std::{
        net::Ipv4Addr,
        sync::{Arc, Mutex},
    };

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn tries_are_counted_by_account_and_address_and_forgotten_in_time() {
        let epoch = Moment::from(chrono::DateTime::UNIX_EPOCH);
        let now = Arc::new(Mutex::new(epoch));
        let shown = now.clone();
        let clock = Clock::from_fn(move || *shown.lock().expect("a moment"));
        let limits = SignInLimits::new(NonZeroU32::new(2).expect("not zero"), &clock);
        let try_from = |from: &str, name: &str| match limits.count(address(from), Some(name)) {
            Ok(()) => 0,
            Err(PageError::TooMany { retry_after_seconds }) => retry_after_seconds,
            Err(error) => panic!("{error}"),
        };
        assert_eq!([0, 1].map(|_| try_from("192.0.2.1", "ann")), [0, 0]);
        assert_eq!(try_from("192.0.2.1", "ann"), 151, "this address is over its limit with the account");
        assert_eq!(try_from("192.0.2.2", "ann"), 0, "its person is let in from another one");
        for name in ["b", "c", "d", "e", "f", "g"] {
            assert_eq!(try_from("2001:db8::1", name), 0);
        }
        assert_eq!(try_from("2001:db8::2", "h"), 51, "an address is over its limit whichever account it tries");
        assert_eq!(try_from("2001:db8:0:1::1", "h"), 0);
        *now.lock().expect("a moment") = epoch.plus(TimeDelta::seconds(151));
        assert_eq!(try_from("192.0.2.1", "ann"), 0);
        *now.lock().expect("a moment") = epoch.plus(TimeDelta::seconds(1000));
        for n in 0..TRIES_BETWEEN_CLEANINGS {
            limits.count(Ipv4Addr::from_bits(n).into(), None).expect("each from elsewhere");
        }
        assert_eq!(limits.by_account.len(), 0, "accounts that were not tried lately are forgotten");
    }

    #[test]
    fn no_stranger_keeps_a_person_out_of_a_browser_that_they_know() {
        let epoch = Moment::from(chrono::DateTime::UNIX_EPOCH);
        let limits = SignInLimits::new(NonZeroU32::new(3).expect("not zero"), &Clock::from_fn(move || epoch));
        let allowed = |tries: u32, from: u32| {
            let address = Ipv4Addr::from_bits(from).into();
            (0..tries).filter(|_| limits.count(address, Some("ann")).is_ok()).count()
        };
        assert_eq!(allowed(1_000, 1), 3, "an address has its tries");
        assert_eq!(allowed(1, 2), 1, "and uses up none of another");
        let mut all = 4;
        for from in 3..1_000 {
            all += allowed(10, from);
        }
        assert_eq!(all, 30, "many addresses together are limited too");
        assert!(limits.count(Ipv4Addr::from_bits(5_000).into(), Some("ann")).is_err());
        let known = |device: &str| limits.count_known(device).is_ok();
        assert_eq!([0; 4].map(|_| known("the person's")), [true, true, true, false], "a device has its own limit");
        assert!(known("the person's other one"));
    }
}
