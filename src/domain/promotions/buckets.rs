//! The time buckets of a flash sale's chart: short buckets for a sale of an hour, long ones for a sale of a week.

use crate::domain::moment::Moment;
use chrono::{Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// With more, the bars would be as narrow as lines on a phone.
const MAX_BUCKETS: i64 = 28;

/// The possible lengths of a bucket, in minutes.
const WIDTHS: [i64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, DAY, 2 * DAY, WEEK];
const DAY: i64 = 1_440;
const WEEK: i64 = 7 * DAY;

/// Consecutive buckets of equal length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    /// The start of the first bucket.
    pub start: Moment,
    /// The length of each bucket.
    pub width: TimeDelta,
    /// The number of buckets, at least one.
    pub count: usize,
}

impl Buckets {
    /// The buckets that cover the time from `from` to `until`. They start at even times of `zone`: at whole hours if they
    /// are an hour long, at midnight if they are a day long.
    pub fn covering(from: Moment, until: Moment, zone: Tz) -> Self {
        let more_weeks = (2..).map(|weeks| weeks * WEEK);
        for minutes in WIDTHS.into_iter().chain(more_weeks) {
            let start = begin(from, minutes.min(DAY), zone);
            let whole = until.since(start).num_minutes().max(0) / minutes;
            let has_rest = until.since(start) > TimeDelta::minutes(whole * minutes);
            let count = whole + i64::from(has_rest);
            if count <= MAX_BUCKETS {
                let count = usize::try_from(count.max(1)).expect("at most MAX_BUCKETS");
                return Self { start, width: TimeDelta::minutes(minutes), count };
            }
        }
        unreachable!("some number of weeks is long enough")
    }

    /// The start of the bucket `nth`.
    pub fn begin(&self, nth: usize) -> Moment {
        let nth = i32::try_from(nth).expect("there are few buckets");
        self.start.plus(self.width * nth)
    }

    /// Clamps an index that SQL computed by dividing by the length: a time before the first bucket counts in the first one,
    /// and a time after the last bucket in the last one.
    pub fn nth(&self, index: i64) -> usize {
        usize::try_from(index).unwrap_or(0).min(self.count - 1)
    }
}

/// Rounds `at` down to a multiple of `minutes` since midnight in `zone`.
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
