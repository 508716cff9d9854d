//! Ends of a sale that a form offers as one button each.

use super::schedule::{beginning_of_next_day, field_value, whole_minute};
use crate::domain::moment::Moment;
use chrono::TimeDelta;
use chrono_tz::Tz;

/// An end that one button sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuickEnd {
    /// This many hours from now.
    Hours(i64),
    /// When the day of the store ends.
    EndOfToday,
}

impl QuickEnd {
    /// All of them, each with the value and the words of its button.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Hours(2), "end_2", "2 hours from now"),
        (Self::Hours(6), "end_6", "6 hours from now"),
        (Self::Hours(24), "end_24", "24 hours from now"),
        (Self::EndOfToday, "end_today", "End of today"),
    ];

    /// The end that the button with the value `press` sets, if it is one of them.
    pub fn of_button(press: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, value, _)| *value == press).map(|(end, ..)| end)
    }

    /// What the field of the end has then, for a store in `zone`: a field has whole minutes.
    pub fn field_value(self, now: Moment, zone: Tz) -> String {
        let at = match self {
            Self::Hours(hours) => whole_minute(now.plus(TimeDelta::hours(hours))),
            Self::EndOfToday => beginning_of_next_day(now, zone),
        };
        field_value(at, zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_counted_from_now_and_written_in_the_zone_of_the_store() {
        for (press, now, zone, field) in [
            ("end_2", "2026-11-10T12:00:00Z", Tz::Asia__Singapore, "2026-11-10T22:00"),
            ("end_2", "2026-11-10T12:00:01Z", Tz::Asia__Singapore, "2026-11-10T22:01"),
            ("end_6", "2026-11-10T12:00:00Z", Tz::Asia__Singapore, "2026-11-11T02:00"),
            ("end_24", "2026-11-10T12:00:00Z", Tz::UTC, "2026-11-11T12:00"),
            // The clocks go back in that night: 24 hours are a day and an hour less by the clock.
            ("end_24", "2026-10-24T12:00:00Z", Tz::Europe__London, "2026-10-25T12:00"),
            ("end_today", "2026-11-10T12:00:00Z", Tz::Asia__Singapore, "2026-11-11T00:00"),
            ("end_today", "2026-11-10T16:00:00Z", Tz::Asia__Singapore, "2026-11-12T00:00"),
            // Midnight does not exist on that day in Beirut.
            ("end_today", "2026-03-28T12:00:00Z", Tz::Asia__Beirut, "2026-03-29T01:00"),
        ] {
            let now = Moment::from(chrono::DateTime::parse_from_rfc3339(now).expect("an RFC 3339 time").to_utc());
            let end = QuickEnd::of_button(press).expect(press);
            assert_eq!(end.field_value(now, zone), field, "{press} at {now} in {zone}");
        }
        assert_eq!(QuickEnd::of_button("continue"), None);
    }
}
