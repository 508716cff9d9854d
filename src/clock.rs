//! The only place that reads the time and generates ids. Everything else receives them as arguments.

use crate::domain::moment::Moment;
use std::sync::Arc;
use uuid::{ContextV7, Timestamp, Uuid};

/// Returns the current time: that of the machine, or one that a test sets.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
        Self(Arc::new(|| Moment::from(chrono::Utc::now())))
    }

    pub fn from_fn(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn now(&self) -> Moment {
        (self.0)()
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
