//! The only place that reads the time and generates ids. Everything else receives them as arguments.

mod guard;

pub use guard::{Anchor, ClockGuard, Reading, Timer};

use crate::domain::moment::Moment;
use std::{sync::Arc, time::Duration};
use uuid::{ContextV7, Timestamp, Uuid};

/// Returns the current time: that of the machine, or one that a test sets.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Moment + Send + Sync>,
    steady: Arc<dyn Fn() -> Duration + Send + Sync>,
    guard: Option<Arc<ClockGuard>>,
}

impl Clock {
    /// The clock of the machine as it is.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
        let now = || Moment::from(chrono::Utc::now());
        Self { now: Arc::new(now), steady: Timer::of_machine().elapsed, guard: None }
    }

    /// A clock that a test sets. It is steady as long as it is not set back.
    pub fn from_fn(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        let now = Arc::new(now);
        let shown = now.clone();
        let since_epoch = move || shown().utc().signed_duration_since(chrono::DateTime::UNIX_EPOCH);
        Self { now, steady: Arc::new(move || since_epoch().to_std().unwrap_or_default()), guard: None }
    }

    /// The same clock, which a guard compares with `timer`. While it is more than `bound` off, [`Self::now`] returns the
    /// time that it should show.
    #[must_use]
    pub fn guarded(self, timer: Timer, bound: Duration) -> Self {
        let steady = timer.elapsed.clone();
        let guard = Arc::new(ClockGuard::new(self.now, timer, bound));
        let guarded = guard.clone();
        Self { now: Arc::new(move || guarded.now()), steady, guard: Some(guard) }
    }

    pub fn now(&self) -> Moment {
        (self.now)()
    }

    /// The time since some moment in the past. It never goes back, so what is limited in time is not for longer than it
    /// should be if somebody sets the clock.
    pub fn steady(&self) -> Duration {
        (self.steady)()
    }

    /// What watches this clock, if it is guarded.
    pub fn guard(&self) -> Option<&Arc<ClockGuard>> {
        self.guard.as_ref()
    }
}

/// A UUID of version 7 (RFC 9562), so that ids sort in the order of their creation. A counter orders those of the same
/// moment.
pub fn new_id<Id: From<Uuid>>(now: Moment) -> Id {
    static CONTEXT: std::sync::Mutex<ContextV7> = std::sync::Mutex::new(ContextV7::new());
    let since_epoch = now.utc().timestamp_micros().max(0).unsigned_abs();
    let seconds = since_epoch / 1_000_000;
    let nanos = u32::try_from(since_epoch % 1_000_000 * 1_000).expect("less than a second");
    Uuid::new_v7(Timestamp::from_unix(&CONTEXT, seconds, nanos)).into()
}
