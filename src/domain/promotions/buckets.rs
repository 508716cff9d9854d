//! The stretches of time that a chart of a flash sale adds up over: short ones for a sale of an hour, long ones for one
//! of a week.

use crate::domain::moment::Moment;
use chrono::{Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// The most that a chart shows: more would be no wider than a line on a phone.
const MOST: i64 = 28;

/// How long one may be, in minutes.
const WIDTHS: [i64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, DAY, 2 * DAY, WEEK];
const DAY: i64 = 1_440;
const WEEK: i64 = 7 * DAY;

/// Stretches of one length, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    /// Where the first begins.
    pub start: Moment,
    /// How long each is.
    pub width: TimeDelta,
    /// How many there are, one or more.
    pub count: usize,
}

impl Buckets {
    /// Those that cover the time from `from` to `until`. They begin where the clocks of `zone` show whole hours, or
    /// days, or what their length is.
    #[must_use]
    pub fn covering(from: Moment, until: Moment, zone: Tz) -> Self {
        let beyond = (2..).map(|weeks| weeks * WEEK);
        let of_width = |minutes: i64| {
            let start = begin(from, minutes.min(DAY), zone);
            let span = until.since(start).num_minutes().max(0);
            (
                start,
                minutes,
                span / minutes + i64::from(until.since(start) > TimeDelta::minutes(span / minutes * minutes)),
            )
        };
        let mut fitting = WIDTHS.into_iter().chain(beyond).map(of_width).filter(|(_, _, count)| *count <= MOST);
        let (start, minutes, count) = fitting.next().expect("some length is long enough");
        Self { start, width: TimeDelta::minutes(minutes), count: usize::try_from(count.max(1)).expect("few") }
    }

    /// Where the bucket `nth` begins.
    #[must_use]
    pub fn begin(&self, nth: usize) -> Moment {
        let nth = i32::try_from(nth).expect("there are few buckets");
        self.start.plus(self.width * nth)
    }

    /// The bucket of what an arithmetic division by the length puts at `index`: what was before the first counts in the
    /// first, and what is after the last in the last.
    #[must_use]
    pub fn nth(&self, index: i64) -> usize {
        usize::try_from(index).unwrap_or(0).min(self.count - 1)
    }
}

/// The last whole multiple of `minutes` since midnight in `zone` that is not after `at`.
fn begin(at: Moment, minutes: i64, zone: Tz) -> Moment {
    let offset = i64::from(zone.offset_from_utc_datetime(at.as_naive()).fix().local_minus_utc());
    let seconds = (at.utc().timestamp() + offset).rem_euclid(minutes * 60);
    let micros = i64::from(at.utc().timestamp_subsec_micros());
    at.plus(-TimeDelta::microseconds(seconds * 1_000_000 + micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::from(chrono::DateTime::parse_from_rfc3339(text).expect("an RFC 3339 time").to_utc())
    }

    #[test]
    fn a_sale_of_any_length_has_few_buckets_that_begin_where_clocks_are_even() {
        for (until, zone, start, minutes, count) in [
            // From 20:07:30 in Singapore.
            ("2026-11-10T12:07:30Z", Tz::Asia__Singapore, "2026-11-10T12:07:00Z", 1, 1),
            ("2026-11-10T12:07:31Z", Tz::Asia__Singapore, "2026-11-10T12:07:00Z", 1, 1),
            ("2026-11-10T12:12:00Z", Tz::Asia__Singapore, "2026-11-10T12:07:00Z", 1, 5),
            ("2026-11-10T13:07:30Z", Tz::Asia__Singapore, "2026-11-10T12:05:00Z", 5, 13),
            ("2026-11-11T12:07:30Z", Tz::Asia__Singapore, "2026-11-10T12:00:00Z", 60, 25),
            ("2026-11-17T12:07:30Z", Tz::Asia__Singapore, "2026-11-10T04:00:00Z", 720, 15),
            ("2026-12-10T12:07:30Z", Tz::Asia__Singapore, "2026-11-09T16:00:00Z", 2 * DAY, 16),
            ("2028-11-10T12:07:30Z", Tz::Asia__Singapore, "2026-11-09T16:00:00Z", 4 * WEEK, 27),
            // Half an hour beside the hours of UTC.
            ("2026-11-11T12:07:30Z", Tz::Asia__Kolkata, "2026-11-10T11:30:00Z", 60, 25),
        ] {
            let from = at("2026-11-10T12:07:30Z");
            let expected = Buckets { start: at(start), width: TimeDelta::minutes(minutes), count };
            let buckets = Buckets::covering(from, at(until), zone);
            assert_eq!(buckets, expected, "until {until} in {zone}");
            assert!(buckets.start <= from && at(until) <= buckets.begin(buckets.count), "it covers all of {until}");
        }
    }

    #[test]
    fn what_lies_outside_counts_at_the_edges() {
        let buckets = Buckets { start: at("2026-11-10T12:00:00Z"), width: TimeDelta::minutes(5), count: 12 };
        assert_eq!([-3, 0, 11, 12, 300].map(|index| buckets.nth(index)), [0, 0, 11, 11, 11]);
        assert_eq!(buckets.begin(2), at("2026-11-10T12:10:00Z"));
    }
}
