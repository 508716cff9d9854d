//! How long we wait for a client: [`Patience::allowed`] of silence, and at least [`BYTES_PER_SECOND`] on average.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// The least rate. A phone with a weak signal is ten times as fast.
const BYTES_PER_SECOND: u32 = 1024;

/// The account of one direction of a connection: waiting is spent, and what arrives earns it back. So the deadline of a
/// body or an answer is what is allowed, and what its bytes take at the least rate.
pub struct Patience {
    allowed: Duration,
    spent: Duration,
    /// Since when we are waiting, if we are.
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub fn new(allowed: Duration) -> Self {
        Self { allowed, spent: Duration::ZERO, since: None, timer: None }
    }

    /// Waits for as much longer as so many bytes take, which are noticed only together.
    pub fn allow_lumps_of(&mut self, bytes: usize) {
        self.allowed += time_of(bytes);
    }

    /// So many bytes went through, and nobody waits for now.
    pub fn moved(&mut self, bytes: usize) {
        self.count(Instant::now());
        self.since = None;
        self.earn(bytes);
    }

    fn earn(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_sub(time_of(bytes));
    }

    /// Waits, and is ready when nothing is left of what is allowed.
    pub fn poll_spent(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        self.count(now);
        self.since = Some(now);
        if self.spent >= self.allowed {
            return Poll::Ready(());
        }
        self.wake_later(now, cx);
        Poll::Pending
    }

    /// Something else than the client is waited for: its account begins anew. The task looks again in a while, because
    /// nothing else may wake it once the client is waited for.
    pub fn poll_other(&mut self, cx: &mut Context<'_>) {
        self.since = None;
        self.spent = Duration::ZERO;
        self.wake_later(Instant::now(), cx);
    }

    fn count(&mut self, now: Instant) {
        if let Some(since) = self.since {
            self.spent += now.saturating_duration_since(since);
        }
    }

    /// Sets the timer, unless it is set: then it is early, and will be set again. So it costs nothing for each request.
    fn wake_later(&mut self, now: Instant, cx: &mut Context<'_>) {
        let until = now + self.allowed.saturating_sub(self.spent);
        let timer = match &mut self.timer {
            Some(timer) if !timer.is_elapsed() => return,
            Some(timer) => {
                timer.as_mut().reset(until);
                timer
            }
            None => self.timer.insert(Box::pin(sleep_until(until))),
        };
        if timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}

/// How long so many bytes take at the least rate.
fn time_of(bytes: usize) -> Duration {
    Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / BYTES_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_spent_and_bytes_earn_it_back_but_never_more() {
        let mut patience = Patience::new(Duration::from_secs(10));
        for (waited_ms, bytes, spent_ms) in [
            (3_000, 1_024, 2_000),
            (1_000, 512, 2_500),
            (0, 1 << 30, 0),
            (2_000, 0, 2_000),
            (1_000, 256, 2_750),
            (1_000, 1_024, 2_750),
        ] {
            patience.spent += Duration::from_millis(waited_ms);
            patience.earn(bytes);
            assert_eq!(patience.spent, Duration::from_millis(spent_ms), "{waited_ms} ms, {bytes} bytes");
        }
    }

    #[test]
    fn bytes_that_are_noticed_together_are_waited_for() {
        let mut patience = Patience::new(Duration::from_secs(10));
        patience.allow_lumps_of(64 << 10);
        assert_eq!(patience.allowed, Duration::from_secs(74));
    }
}
