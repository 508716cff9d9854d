//! Notices that the clock of the machine is wrong. A clock that somebody sets, or that a virtual machine lost while it stood
//! still, would end holds too early or let them live too long.
//!
//! The guard knows what the clock should show: what it showed at a moment when it was right, plus the time that the
//! machine has measured since then with a timer that nobody can set. The moment comes from the database: on PostgreSQL
//! from the server's own clock, on SQLite from what was recorded last. `db::engine::clock_guard` reads both.

use crate::domain::moment::Moment;
use chrono::TimeDelta;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Moments that were read before the time was corrected may still be on their way to a transaction.
const IN_FLIGHT: Duration = Duration::from_secs(10);

/// A timer that nobody can set.
#[derive(Clone)]
pub struct Timer {
    /// What it counts from. Times of two timers can be compared if this is the same.
    pub boot: Arc<str>,
    pub elapsed: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Timer {
    /// The time that the machine is up, with that in which it was suspended.
    #[cfg(target_os = "linux")]
    pub fn of_machine() -> Self {
        use rustix::time::{ClockId, clock_gettime};
        let boot = match std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
            Ok(id) => id.trim().into(),
            Err(_) => of_process(),
        };
        let elapsed = || Duration::try_from(clock_gettime(ClockId::Boottime)).expect("it begins at 0");
        Self { boot, elapsed: Arc::new(elapsed) }
    }

    /// The time that the program runs.
    #[cfg(not(target_os = "linux"))]
    pub fn of_machine() -> Self {
        let began = std::time::Instant::now();
        Self { boot: of_process(), elapsed: Arc::new(move || began.elapsed()) }
    }
}

/// A name for the timer of this process alone.
fn of_process() -> Arc<str> {
    uuid::Uuid::now_v7().to_string().into()
}

/// What the clock showed when it was right, and the timer at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    pub at: Moment,
    pub elapsed: Duration,
}

impl Anchor {
    /// What the clock should show when the timer shows `elapsed`.
    pub fn expected(self, elapsed: Duration) -> Moment {
        let since = elapsed.as_micros() as i128 - self.elapsed.as_micros() as i128;
        self.at.plus(TimeDelta::microseconds(i64::try_from(since).unwrap_or(i64::MAX)))
    }
}

/// The clock and the timer, read at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    pub shown: Moment,
    pub elapsed: Duration,
    /// What the clock should show, as far as that is known.
    pub expected: Moment,
}

/// Compares a clock with what it should show.
pub struct ClockGuard {
    clock: Arc<dyn Fn() -> Moment + Send + Sync>,
    timer: Timer,
    bound: TimeDelta,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    anchor: Option<Anchor>,
    /// What the clock should have shown until that was corrected, but for corrections back to it.
    before: Option<Anchor>,
    /// Until the timer shows this, moments may be on their way that were read before the time was corrected.
    corrected_until: Duration,
    /// The clock as it was found to be off: where it stays so, it may have been set right.
    off: Option<Anchor>,
}

impl ClockGuard {
    pub(super) fn new(clock: Arc<dyn Fn() -> Moment + Send + Sync>, timer: Timer, bound: Duration) -> Self {
        let bound = TimeDelta::from_std(bound).unwrap_or(TimeDelta::MAX);
        Self { clock, timer, bound, state: Mutex::default() }
    }

    /// The machine's time, or what it should be if it is off.
    pub(super) fn now(&self) -> Moment {
        let reading = self.read();
        if self.is_off(reading) { reading.expected } else { reading.shown }
    }

    /// Which timer it compares the clock with.
    pub fn boot(&self) -> &str {
        &self.timer.boot
    }

    pub fn read(&self) -> Reading {
        let anchor = self.state().anchor;
        let elapsed = (self.timer.elapsed)();
        let shown = (self.clock)();
        let expected = anchor.map_or(shown, |anchor| anchor.expected(elapsed));
        Reading { shown, elapsed, expected }
    }

    pub fn is_off(&self, reading: Reading) -> bool {
        self.differ(reading.shown, reading.expected)
    }

    /// Whether two moments differ by more than the bound.
    pub fn differ(&self, one: Moment, other: Moment) -> bool {
        one.since(other).abs() > self.bound
    }

    /// The time for which the clock, which is off, has been off by the same.
    pub fn steadily_off_for(&self, reading: Reading) -> Duration {
        let mut state = self.state();
        let since = match state.off {
            Some(off) if !self.differ(off.expected(reading.elapsed), reading.shown) => off,
            _ => Anchor { at: reading.shown, elapsed: reading.elapsed },
        };
        state.off = Some(since);
        reading.elapsed.saturating_sub(since.elapsed)
    }

    /// Whether the time was corrected so lately that moments from before may be on their way.
    pub fn was_just_corrected(&self, reading: Reading) -> bool {
        reading.elapsed < self.state().corrected_until
    }

    /// Whether `anchor` is back at what the clock should have shown until that was corrected.
    pub fn is_back(&self, anchor: Anchor) -> bool {
        let before = self.state().before;
        self.goes_on(before, anchor)
    }

    /// Whether the clock should show the same by both.
    fn goes_on(&self, before: Option<Anchor>, anchor: Anchor) -> bool {
        before.is_some_and(|before| !self.differ(before.expected(anchor.elapsed), anchor.at))
    }

    /// From now on the clock should show what follows from `anchor`.
    pub fn set(&self, anchor: Anchor) {
        let mut state = self.state();
        let elapsed = (self.timer.elapsed)();
        if let Some(before) = state.anchor
            && self.differ(before.expected(elapsed), anchor.expected(elapsed))
        {
            state.corrected_until = elapsed + IN_FLIGHT;
            if !self.goes_on(state.before, anchor) {
                state.before = Some(before);
            }
        }
        state.anchor = Some(anchor);
        state.off = None;
    }

    /// When the clock was last compared with what it has to agree with.
    pub fn anchor(&self) -> Option<Anchor> {
        self.state().anchor
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// A clock and a timer, both in seconds.
    struct Machine {
        clock: Arc<AtomicI64>,
        timer: Arc<AtomicI64>,
        guarded: Clock,
    }

    impl Machine {
        fn new() -> Self {
            let clock = Arc::new(AtomicI64::new(1_000_000));
            let timer = Arc::new(AtomicI64::new(500));
            let shown = clock.clone();
            let elapsed = timer.clone();
            let elapsed = move || Duration::from_secs(elapsed.load(Ordering::SeqCst).unsigned_abs());
            let timer_of_machine = Timer { boot: "boot".into(), elapsed: Arc::new(elapsed) };
            let guarded = Clock::from_fn(move || second(shown.load(Ordering::SeqCst)))
                .guarded(timer_of_machine, Duration::from_secs(30));
            let machine = Self { clock, timer, guarded };
            machine.guard().set(Anchor { at: second(1_000_000), elapsed: Duration::from_secs(500) });
            machine
        }

        fn guard(&self) -> &ClockGuard {
            self.guarded.guard().expect("it is guarded")
        }

        fn pass(&self, clock: i64, timer: i64) {
            self.clock.fetch_add(clock, Ordering::SeqCst);
            self.timer.fetch_add(timer, Ordering::SeqCst);
        }
    }

    fn second(second: i64) -> Moment {
        chrono::DateTime::from_timestamp(second, 0).expect("a moment").into()
    }

    #[test]
    fn a_clock_is_off_if_it_went_by_another_time_than_the_timer() {
        for (clock, timer, off, now) in [
            (0, 0, false, 1_000_000),
            (3_600, 3_600, false, 1_003_600),
            (3_630, 3_600, false, 1_003_630),
            (3_570, 3_600, false, 1_003_570),
            (3_631, 3_600, true, 1_003_600),
            (3_569, 3_600, true, 1_003_600),
            (30 * 86_400, 1, true, 1_000_001),
            (-7_200, 1, true, 1_000_001),
        ] {
            let machine = Machine::new();
            machine.pass(clock, timer);
            let reading = machine.guard().read();
            assert_eq!((machine.guard().is_off(reading), machine.guarded.now()), (off, second(now)), "{clock} {timer}");
        }
    }

    #[test]
    fn a_clock_that_is_set_right_again_is_believed_at_once() {
        let machine = Machine::new();
        machine.pass(30 * 86_400, 5);
        assert!(machine.guard().is_off(machine.guard().read()));
        machine.pass(5 - 30 * 86_400, 0);
        let reading = machine.guard().read();
        assert!(!machine.guard().is_off(reading) && !machine.guard().was_just_corrected(reading));
        assert_eq!(machine.guarded.now(), second(1_000_005));
    }

    #[test]
    fn moments_on_their_way_are_waited_for_after_the_expected_time_was_corrected() {
        let machine = Machine::new();
        machine.pass(3_600, 0);
        machine.guard().set(Anchor { at: second(1_003_600), elapsed: Duration::from_secs(500) });
        let corrected = |machine: &Machine| machine.guard().was_just_corrected(machine.guard().read());
        assert!(corrected(&machine));
        machine.pass(10, 10);
        assert!(!corrected(&machine));
        machine.guard().set(Anchor { at: second(1_003_620), elapsed: Duration::from_secs(510) });
        assert!(!corrected(&machine), "a little drift is no correction");
    }

    #[test]
    fn a_time_that_was_corrected_for_a_while_is_known_when_it_is_back() {
        let machine = Machine::new();
        let at = |at: i64| Anchor { at: second(at), elapsed: Duration::from_secs(500) };
        assert!(!machine.guard().is_back(at(1_000_000)), "nothing was corrected");
        machine.guard().set(at(1_003_600));
        assert!(machine.guard().is_back(at(1_000_005)) && !machine.guard().is_back(at(1_003_600)));
        machine.guard().set(at(1_000_000));
        assert!(!machine.guard().is_back(at(1_003_600)), "the mistake does not count");
    }

    #[test]
    fn how_long_a_clock_is_off_begins_anew_with_each_time_that_it_is_set() {
        let machine = Machine::new();
        machine.pass(3_600, 0);
        let off_for = |machine: &Machine| machine.guard().steadily_off_for(machine.guard().read()).as_secs();
        assert_eq!(off_for(&machine), 0);
        machine.pass(100, 100);
        assert_eq!(off_for(&machine), 100);
        machine.pass(-7_200, 5);
        assert_eq!(off_for(&machine), 0);
    }
}
