//! When the orders of a store are read: by the time of their last change, in windows that overlap, so that an order which a
//! marketplace lists late is read all the same.

use crate::domain::moment::Moment;
use chrono::TimeDelta;

/// How far the next window reaches back into what was read: marketplaces list changes minutes late.
pub const OVERLAP: TimeDelta = TimeDelta::minutes(15);

/// How far windows reach back that are read between two of those, because quantities are to be raised: a busy sale has one
/// every second, and each order of a quarter of an hour would be read again with each.
const SHORT_OVERLAP: TimeDelta = TimeDelta::minutes(1);

/// How long a message is known after its order was read: longer than its change can be news.
pub const MESSAGES_KNOWN: TimeDelta = TimeDelta::hours(1);

/// How long ago the orders of a store may have been read when a quantity is raised there.
const FRESH: TimeDelta = TimeDelta::seconds(10);

/// How often they are read at most because quantities are to be raised: all raises of that time share one read.
const BETWEEN_READS_FOR_RAISES: TimeDelta = TimeDelta::seconds(1);

/// How often the orders of a store with a running flash sale are read.
pub const PERIOD_OF_SALE: TimeDelta = TimeDelta::seconds(20);

/// How often those of any other store are.
pub const PERIOD: TimeDelta = TimeDelta::minutes(3);

/// A store lags if its orders are complete up to so many periods ago.
const PERIODS_UNTIL_LATE: i32 = 3;

/// The time until the orders of a store are read again.
pub fn period(has_running_sale: bool) -> TimeDelta {
    if has_running_sale { PERIOD_OF_SALE } else { PERIOD }
}

/// Whether a store lags whose orders are complete up to `until`.
pub fn is_late(until: Moment, has_running_sale: bool, now: Moment) -> bool {
    now.since(until) > period(has_running_sale) * PERIODS_UNTIL_LATE
}

/// From when to when the changes are that a sweep reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it")]
pub struct Reach {
    pub from: Moment,
    pub until: Moment,
}

impl Reach {
    /// Whether it has the whole overlap, and is no read between two sweeps.
    pub fn is_sweep(self) -> bool {
        self.until.since(self.from) >= OVERLAP
    }
}

/// How far the orders of a store are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Every change before is read.
    pub complete_until: Option<Moment>,
    /// The end of the last window that had the whole overlap.
    pub swept_until: Option<Moment>,
}

impl Progress {
    /// How far the next window reaches back, in a store that is read once in a `period`.
    fn overlap(self, now: Moment, period: TimeDelta) -> TimeDelta {
        let is_swept = self.swept_until.is_some_and(|until| until <= now && now.since(until) < period);
        if is_swept { SHORT_OVERLAP } else { OVERLAP }
    }
}

/// The next window of a store, or the first one, which begins at `first`. It is no longer than the marketplace allows, if that
/// has a limit.
pub fn next_window(
    progress: Progress,
    first: Moment,
    now: Moment,
    (period, longest): (TimeDelta, Option<TimeDelta>),
) -> Reach {
    let overlap = progress.overlap(now, period);
    let from = progress.complete_until.map_or(first, |until| until.plus(-overlap));
    // The clock may have been set back.
    let from = from.min(now.plus(-overlap));
    let until = longest.map_or(now, |longest| now.min(from.plus(longest)));
    Reach { from, until }
}

/// Up to when the orders of a store are read, if that is not too long ago to raise a quantity there: a raise that was due by
/// then knows what buyers had taken.
pub fn fresh_until(complete_until: Option<Moment>, now: Moment) -> Option<Moment> {
    complete_until.filter(|until| now.since(*until) <= FRESH)
}

/// Whether the orders of a store that are read up to `complete_until` may be read again because of a raise.
pub fn may_be_read_for_raises(complete_until: Moment, now: Moment) -> bool {
    now.since(complete_until) >= BETWEEN_READS_FOR_RAISES
}

/// Up to when raises of a store may be due that are sent now, where its orders are read; `None` if none is sent. While the
/// orders cannot be read, a raise waits for at most `patience`: after that, units that nobody can buy cost more than those
/// that may be sold twice.
pub fn raises_until(
    complete_until: Option<Moment>,
    is_failing: bool,
    now: Moment,
    patience: TimeDelta,
) -> Option<Moment> {
    let given_up = is_failing.then(|| now.plus(-patience));
    fresh_until(complete_until, now).max(given_up)
}

/// Whether a message about a change at `changed_at` says nothing new: whatever changed so long before the time up to which
/// all is read was read.
pub fn is_old_news(changed_at: Option<Moment>, complete_until: Option<Moment>) -> bool {
    match (changed_at, complete_until) {
        (Some(changed_at), Some(until)) => changed_at < until.plus(-OVERLAP),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Moment {
        Moment::from(chrono::DateTime::UNIX_EPOCH).plus(TimeDelta::days(365) + TimeDelta::minutes(minutes))
    }

    #[test]
    fn windows_overlap_and_are_as_long_as_the_marketplace_allows() {
        let days = |days: i64| TimeDelta::days(days);
        let day = 24 * 60;
        for (complete, now, longest, from, until) in [
            (None, 0, None, -day, 0),
            (Some(0), 3, None, -15, 3),
            (Some(-60), 0, Some(days(15)), -75, 0),
            (Some(-30 * day), 0, Some(days(15)), -30 * day - 15, -15 * day - 15),
            (Some(-30 * day), 0, None, -30 * day - 15, 0),
            // The clock was set back by an hour.
            (Some(60), 0, None, -15, 0),
        ] {
            let progress = Progress { complete_until: complete.map(at), swept_until: None };
            let window = next_window(progress, at(-day), at(now), (PERIOD, longest));
            assert_eq!((window.from, window.until), (at(from), at(until)), "{complete:?} {now}");
            assert!(window.is_sweep(), "{complete:?} {now}");
        }
    }

    #[test]
    fn what_is_read_between_two_sweeps_reaches_back_less() {
        for (swept, from) in [(0, -1), (-2, -1), (-3, -15), (-60, -15), (60, -15)] {
            let progress = Progress { complete_until: Some(at(0)), swept_until: Some(at(swept)) };
            let window = next_window(progress, at(0), at(0), (PERIOD, None));
            assert_eq!((window.from, window.until), (at(from), at(0)), "{swept}");
            assert_eq!(window.is_sweep(), from == -15, "{swept}");
        }
    }

    #[test]
    fn windows_of_a_store_that_was_away_for_long_come_to_an_end() {
        let mut complete = Some(at(-100 * 24 * 60));
        let mut windows = 0;
        while complete != Some(at(0)) {
            let progress = Progress { complete_until: complete, swept_until: None };
            let window = next_window(progress, at(0), at(0), (PERIOD, Some(TimeDelta::days(15))));
            assert!(window.until > complete.expect("a time"), "each goes on");
            complete = Some(window.until);
            windows += 1;
        }
        assert_eq!(windows, 7);
    }

    #[test]
    fn a_raise_is_sent_once_the_orders_are_read_up_to_when_it_was_due_or_could_not_be_read_for_long() {
        let second = |seconds: i64| at(0).plus(TimeDelta::seconds(seconds));
        for (case, complete, is_failing, raises) in [
            ("never read", None, false, None),
            ("read a moment ago", Some(-1), false, Some(-1)),
            ("read too long ago: they are read again", Some(-11), false, None),
            ("reading fails", Some(-300), true, Some(-120)),
            ("reading failed just now", Some(-5), true, Some(-5)),
            ("reading has always failed", None, true, Some(-120)),
        ] {
            let found = raises_until(complete.map(second), is_failing, second(0), TimeDelta::seconds(120));
            assert_eq!(found, raises.map(second), "{case}");
        }
    }

    #[test]
    fn a_message_about_what_was_read_long_ago_says_nothing_new() {
        for (changed, complete, is_old) in [
            (Some(-16), Some(0), true),
            (Some(-15), Some(0), false),
            (Some(5), Some(0), false),
            (None, Some(0), false),
            (Some(-16), None, false),
        ] {
            assert_eq!(is_old_news(changed.map(at), complete.map(at)), is_old, "{changed:?} {complete:?}");
        }
    }

    #[test]
    fn a_store_lags_after_three_periods() {
        for (has_sale, longest) in [(true, TimeDelta::minutes(1)), (false, TimeDelta::minutes(9))] {
            let after = |passed| is_late(at(0), has_sale, at(0).plus(passed));
            assert_eq!([after(longest), after(longest + TimeDelta::seconds(1))], [false, true]);
        }
    }
}
