//! The only place that reads the time, and the only one that makes ids. Everything else is told.

use crate::domain::moment::Moment;
use std::sync::Arc;
use uuid::{ContextV7, Timestamp, Uuid};

/// Tells the time. Tests set it; the program reads the machine's.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
        Self(Arc::new(|| Moment::from(chrono::Utc::now())))
    }

    /// A clock that `tell` answers for.
    #[must_use]
    pub fn told_by(tell: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The present moment, in UTC, cut to microseconds.
    #[must_use]
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

/// A new id, of which later ones sort after earlier ones: a UUID of version 7 (RFC 9562) with a counter for those of
/// one moment.
#[must_use]
pub fn new_id<Id: From<Uuid>>(now: Moment) -> Id {
    static CONTEXT: std::sync::Mutex<ContextV7> = std::sync::Mutex::new(ContextV7::new());
    let since_epoch = now.utc().timestamp_micros().max(0).unsigned_abs();
    let (seconds, nanos) = (since_epoch / 1_000_000, since_epoch % 1_000_000 * 1_000);
    let nanos = u32::try_from(nanos).expect("less than a second");
    Uuid::new_v7(Timestamp::from_unix(&CONTEXT, seconds, nanos)).into()
}
