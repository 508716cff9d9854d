//! The schedule of a flash sale: typed in the time zone of the store, stored in UTC, with an exclusive end. Also parses and
//! formats times.

use crate::domain::{
    moment::Moment,
    text::counted,
    written_time::{TimeRefusal, parse_time},
};
use chrono::{Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;

/// A typed start this close to the present counts as now.
pub const COUNTS_AS_NOW: TimeDelta = TimeDelta::minutes(15);

/// The format of a `datetime-local` field, to the minute.
const FIELD_FORMAT: &str = "%Y-%m-%dT%H:%M";

/// A half-open span of time, `starts_at <= t < ends_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The first moment of the sale.
    pub starts_at: Moment,
    /// The first moment after the sale.
    pub ends_at: Moment,
}

/// Why a schedule was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum ScheduleRefusal {
    /// The start is not within [`COUNTS_AS_NOW`] of the present.
    #[error(
        "Set the start to the current time: a flash sale takes its stock from what is in hand at this moment, so it \
         starts now. Anything within 15 minutes of now will do."
    )]
    StartNotNow,
    #[error("Set the end to a time that is still to come.")]
    EndNotAfterNow,
    #[error("Set the end to a later time: it is before the start, or at the same time.")]
    EndNotAfterStart,
}

impl ScheduleRefusal {
    /// The message, followed by the current time in the store's zone.
    pub fn with_local_time(&self, now: Moment, zone: Tz) -> String {
        format!("{self} It is {} in {}.", display(now, zone), zone.name())
    }
}

impl Schedule {
    /// The schedule of a sale that is created at `now`, when it starts. `start` is the typed start, if any.
    /// Fails with every [`ScheduleRefusal`] that applies.
    pub fn from_now(now: Moment, start: Option<Moment>, ends_at: Moment) -> Result<Self, Vec<ScheduleRefusal>> {
        let mut refusals = Vec::new();
        if start.is_some_and(|start| start.since(now).abs() > COUNTS_AS_NOW) {
            refusals.push(ScheduleRefusal::StartNotNow);
        }
        if ends_at <= now {
            refusals.push(ScheduleRefusal::EndNotAfterNow);
        } else if refusals.is_empty() && start.is_some_and(|start| ends_at <= start) {
            refusals.push(ScheduleRefusal::EndNotAfterStart);
        }
        if refusals.is_empty() { Ok(Self { starts_at: now, ends_at }) } else { Err(refusals) }
    }

    /// Whether the holds of a sale with this schedule are live at `now`.
    pub fn is_live_at(self, now: Moment) -> bool {
        self.starts_at <= now && now < self.ends_at
    }
}

/// Why a local time was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum LocalTimeRefusal {
    #[error("Enter the {what}: a date and a time.")]
    Missing {
        /// What the time is: "start" or "end".
        what: &'static str,
    },
    #[error("Enter the {what} as a date and a time like 2026-11-11 23:59.")]
    NotATime { what: &'static str },
    /// The clocks skip this time when they go forward.
    #[error("Choose another {what}: {local} does not exist in {zone}, because the clocks go forward over it.")]
    DoesNotExist { what: &'static str, local: String, zone: &'static str },
}

/// Parses a local date and time of `zone`. A time that occurs twice, when the clocks go back, is the first of the two.
/// `what` names the time in messages: "start" or "end".
pub fn parse_local(what: &'static str, text: &str, zone: Tz) -> Result<Moment, LocalTimeRefusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(LocalTimeRefusal::Missing { what });
    }
    let local = [FIELD_FORMAT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .ok_or(LocalTimeRefusal::NotATime { what })?;
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
            let utc = at.naive_utc();
            if is_storable(&utc) { Ok(Moment::from(utc)) } else { Err(LocalTimeRefusal::NotATime { what }) }
        }
        LocalResult::None => {
            let local = local.format("%Y-%m-%d %H:%M").to_string();
            Err(LocalTimeRefusal::DoesNotExist { what, local, zone: zone.name() })
        }
    }
}

/// Whether both databases can store `time` unchanged: the year has four digits, and it is not a leap second (`23:59:60`).
fn is_storable(time: &NaiveDateTime) -> bool {
    (2000..=9999).contains(&time.year()) && time.nanosecond() < 1_000_000_000
}

/// The text is not a valid date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a date like 2026-11-11.")]
pub struct NotADay;

/// Parses a date and returns when that day and the next day begin in `zone`.
pub fn parse_day(text: &str, zone: Tz) -> Result<(Moment, Moment), NotADay> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| NotADay)?;
    if !(2000..9999).contains(&day.year()) {
        return Err(NotADay);
    }
    let next = day.succ_opt().ok_or(NotADay)?;
    Ok((beginning(day, zone), beginning(next, zone)))
}

/// The first moment of a day in `zone`: midnight, or the first time that exists after it if the clocks skip midnight.
fn beginning(day: NaiveDate, zone: Tz) -> Moment {
    let midnight = day.and_time(NaiveTime::MIN);
    // Two days are enough: the longest gap of any zone is one day, on islands that moved across the date line.
    let times = (0..=2 * 24 * 4).map(|quarters| midnight + TimeDelta::minutes(15 * quarters));
    let first = times.filter_map(|local| zone.from_local_datetime(&local).earliest()).next();
    first.unwrap_or_else(|| panic!("{zone} has no time from {midnight} on")).to_utc().into()
}

/// When the day that it is at `now` in `zone` ends.
pub fn beginning_of_next_day(now: Moment, zone: Tz) -> Moment {
    let today = now.utc().with_timezone(&zone).date_naive();
    today.succ_opt().map_or(now, |tomorrow| beginning(tomorrow, zone))
}

/// Parses a time with its offset from UTC: RFC 3339, or as programs write it otherwise.
pub fn parse_rfc3339(text: &str) -> Result<Moment, TimeRefusal> {
    parse_time(text, None)
}

/// The value of a `datetime-local` field for `at` in `zone`, to the minute.
pub fn field_value(at: Moment, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format(FIELD_FORMAT).to_string()
}

/// Rounds `at` up to a whole minute, the precision of a field.
pub fn whole_minute(at: Moment) -> Moment {
    let minute = TimeDelta::minutes(1);
    let since = TimeDelta::microseconds(at.utc().timestamp_micros().rem_euclid(60_000_000));
    if since == TimeDelta::zero() { at } else { at.plus(minute - since) }
}

/// Formats `at` for pages that also show the zone: `11 Nov 2026, 23:59`. A time that occurs twice, when the clocks go back,
/// gets its offset: `31 Oct 2027, 02:30 (UTC+01:00)`.
pub fn display(at: Moment, zone: Tz) -> String {
    display_as("%-d %b %Y, %H:%M", at, zone)
}

/// [`display`] to the second: `11 Nov 2026, 23:59:07`.
pub fn display_second(at: Moment, zone: Tz) -> String {
    display_as("%-d %b %Y, %H:%M:%S", at, zone)
}

/// [`display_second`] without the day, if that is the day of `now`: `23:59:07`.
pub fn display_second_of_day(at: Moment, now: Moment, zone: Tz) -> String {
    let day = |moment: Moment| moment.utc().with_timezone(&zone).date_naive();
    if day(at) == day(now) { display_as("%H:%M:%S", at, zone) } else { display_second(at, zone) }
}

fn display_as(format: &str, at: Moment, zone: Tz) -> String {
    let local = at.utc().with_timezone(&zone);
    let occurs_twice = matches!(zone.from_local_datetime(&local.naive_local()), LocalResult::Ambiguous(..));
    let offset = if occurs_twice { " (UTC%:z)" } else { "" };
    local.format(&format!("{format}{offset}")).to_string()
}

/// Formats `at` for files that spreadsheets open, beside a column with the zone: `2026-11-11 23:59:07`.
pub fn local_in_file(at: Moment, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The day of [`display`] without its year: `11 Nov`.
pub fn display_day(at: Moment, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format("%-d %b").to_string()
}

/// The time of [`display`] without its day: `23:59`.
pub fn display_hour(at: Moment, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format("%H:%M").to_string()
}

/// Spans of this many days or more are formatted in years.
const READ_IN_YEARS: i64 = 2 * 365;

/// Formats a span in its two largest units: `3 days 4 hours`, `about 2 years 5 months`. It is rounded up to a full minute,
/// so that the remaining time of a sale of a day is still a day some seconds after its start.
pub fn duration_in_words(span: TimeDelta) -> String {
    if span < TimeDelta::minutes(1) {
        return "less than a minute".to_owned();
    }
    let minutes = span.num_minutes() + i64::from(span > TimeDelta::minutes(span.num_minutes()));
    let days = minutes / 1440;
    if days >= READ_IN_YEARS {
        // 48 months are 1,461 days.
        let months = (days * 48 + 730) / 1461;
        return format!("about {}", largest_two(&[(months / 12, "year"), (months % 12, "month")]));
    }
    largest_two(&[(days, "day"), (minutes % 1440 / 60, "hour"), (minutes % 60, "minute")])
}

fn largest_two(units: &[(i64, &str)]) -> String {
    let words: Vec<String> = units.iter().filter(|(n, _)| *n > 0).take(2).map(|(n, unit)| counted(*n, unit)).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::from(chrono::DateTime::parse_from_rfc3339(text).expect("an RFC 3339 time").to_utc())
    }

    #[test]
    fn a_local_time_is_read_in_the_zone_of_the_store() {
        for (local, zone, utc) in [
            ("2026-11-11T23:59", Tz::Asia__Singapore, "2026-11-11T15:59:00Z"),
            ("2026-11-11T23:59:30", Tz::Asia__Manila, "2026-11-11T15:59:30Z"),
            ("2026-07-01 09:00", Tz::Europe__London, "2026-07-01T08:00:00Z"),
            // The clocks go back at 02:00 on 25 October 2026 in London: 01:30 occurs twice, and is the first.
            ("2026-10-25T01:30", Tz::Europe__London, "2026-10-25T00:30:00Z"),
            ("2026-11-01T01:30", Tz::America__New_York, "2026-11-01T05:30:00Z"),
        ] {
            assert_eq!(parse_local("end", local, zone), Ok(at(utc)), "{local} in {zone}");
        }
    }

    #[test]
    fn a_local_time_that_does_not_exist_is_refused() {
        for (local, zone) in [("2026-03-29T01:30", Tz::Europe__London), ("2026-03-08T02:00", Tz::America__New_York)] {
            let refusal = parse_local("end", local, zone).expect_err("refused");
            assert!(matches!(refusal, LocalTimeRefusal::DoesNotExist { .. }), "{refusal}");
        }
        assert_eq!(parse_local("end", "2026-03-29T02:00", Tz::Europe__London), Ok(at("2026-03-29T01:00:00Z")));
    }

    #[test]
    fn a_time_that_occurs_twice_says_which_of_the_two_it_is() {
        for (utc, zone, read) in [
            ("2026-11-11T15:59:00Z", Tz::Asia__Singapore, "11 Nov 2026, 23:59"),
            ("2027-10-31T00:30:00Z", Tz::Europe__Berlin, "31 Oct 2027, 02:30 (UTC+02:00)"),
            ("2027-10-31T01:30:00Z", Tz::Europe__Berlin, "31 Oct 2027, 02:30 (UTC+01:00)"),
            ("2027-10-31T02:00:00Z", Tz::Europe__Berlin, "31 Oct 2027, 03:00"),
            ("2026-11-01T06:30:00Z", Tz::America__New_York, "1 Nov 2026, 01:30 (UTC-05:00)"),
        ] {
            assert_eq!(display(at(utc), zone), read);
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        assert_eq!(parse_local("end", "  ", Tz::UTC), Err(LocalTimeRefusal::Missing { what: "end" }));
        let not_a_time = Err(LocalTimeRefusal::NotATime { what: "end" });
        for text in [
            "tomorrow",
            "2026-02-30T10:00",
            "11/11/2026",
            "0001-01-01T00:00",
            "99999-01-01T00:00",
            "2026-11-11T25:00",
            "2026-12-31T23:59:60",
        ] {
            assert_eq!(parse_local("end", text, Tz::UTC), not_a_time, "{text}");
        }
        // In UTC it is the year 10000.
        assert_eq!(parse_local("end", "9999-12-31T23:59", Tz::America__New_York), not_a_time);
    }

    #[test]
    fn a_day_is_read_from_where_it_begins_to_where_the_next_does() {
        for (text, zone, begins, ends) in [
            ("2026-11-11", Tz::Asia__Singapore, "2026-11-10T16:00:00Z", "2026-11-11T16:00:00Z"),
            (" 2026-11-11 ", Tz::UTC, "2026-11-11T00:00:00Z", "2026-11-12T00:00:00Z"),
            // 25 hours, when the clocks go back.
            ("2026-10-25", Tz::Europe__London, "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),
            // The clocks go forward at midnight, to one o'clock.
            ("2026-04-24", Tz::Africa__Cairo, "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
            // There was no such day in Samoa.
            ("2011-12-30", Tz::Pacific__Apia, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"),
        ] {
            assert_eq!(parse_day(text, zone), Ok((at(begins), at(ends))), "{text} in {zone}");
        }
        for text in ["", "11/11/2026", "2026-02-30", "9999-12-31", "0001-01-01", "2026-11-11T10:00"] {
            assert_eq!(parse_day(text, Tz::UTC), Err(NotADay), "{text}");
        }
    }

    #[test]
    fn a_moment_is_read_with_its_offset() {
        assert_eq!(parse_rfc3339("2026-11-11T23:59:00+08:00"), Ok(at("2026-11-11T15:59:00Z")));
        for text in ["", "2026-11-11T23:59:00", "2026-11-11", "9999-12-31T23:59:00-12:00", "2026-12-31T23:59:60Z"] {
            assert_eq!(parse_rfc3339(text), Err(TimeRefusal::NoOffset), "{text}");
        }
    }

    #[test]
    fn a_start_within_fifteen_minutes_is_now_and_the_end_must_come() {
        let now = at("2026-11-11T12:00:00Z");
        let minutes = |m| now.plus(TimeDelta::minutes(m));
        let created = |start: Option<i64>, end: i64| Schedule::from_now(now, start.map(minutes), minutes(end));
        for start in [None, Some(-15), Some(0), Some(15)] {
            assert_eq!(created(start, 60), Ok(Schedule { starts_at: now, ends_at: minutes(60) }), "{start:?}");
        }
        assert_eq!(created(Some(-16), 60), Err(vec![ScheduleRefusal::StartNotNow]));
        assert_eq!(created(Some(16), 60), Err(vec![ScheduleRefusal::StartNotNow]));
        assert_eq!(created(Some(15), 15), Err(vec![ScheduleRefusal::EndNotAfterStart]));
        assert_eq!(created(Some(10), 5), Err(vec![ScheduleRefusal::EndNotAfterStart]));
        assert_eq!(created(Some(-10), -5), Err(vec![ScheduleRefusal::EndNotAfterNow]));
        assert_eq!(created(Some(16), 5), Err(vec![ScheduleRefusal::StartNotNow]));
        assert_eq!(created(Some(0), 0), Err(vec![ScheduleRefusal::EndNotAfterNow]));
        assert_eq!(created(Some(16), -1), Err(vec![ScheduleRefusal::StartNotNow, ScheduleRefusal::EndNotAfterNow]));
    }

    #[test]
    fn the_end_is_exclusive() {
        let schedule = Schedule { starts_at: at("2026-11-11T12:00:00Z"), ends_at: at("2026-11-11T13:00:00Z") };
        for (now, live) in [
            ("2026-11-11T11:59:59.999999Z", false),
            ("2026-11-11T12:00:00Z", true),
            ("2026-11-11T12:59:59.999999Z", true),
            ("2026-11-11T13:00:00Z", false),
        ] {
            assert_eq!(schedule.is_live_at(at(now)), live, "{now}");
        }
    }

    #[test]
    fn a_whole_minute_is_the_next_one() {
        for (moment, minute) in [
            ("2026-11-11T12:00:00Z", "2026-11-11T12:00:00Z"),
            ("2026-11-11T12:00:00.000001Z", "2026-11-11T12:01:00Z"),
            ("2026-11-11T12:59:59.9Z", "2026-11-11T13:00:00Z"),
        ] {
            assert_eq!(whole_minute(at(moment)), at(minute), "{moment}");
        }
    }

    #[test]
    fn a_duration_is_read_in_its_two_largest_units() {
        let day = 24 * 60 * 60;
        for (seconds, words) in [
            (-5, "less than a minute"),
            (0, "less than a minute"),
            (59, "less than a minute"),
            (60, "1 minute"),
            (61, "2 minutes"),
            (61 * 60, "1 hour 1 minute"),
            (day - 1, "1 day"),
            (4560 * 60, "3 days 4 hours"),
            (day + 60, "1 day 1 minute"),
            (729 * day, "729 days"),
            (730 * day, "about 2 years"),
            (900 * day, "about 2 years 6 months"),
            (26_650 * day, "about 73 years"),
            (2_900_000 * day, "about 7939 years 9 months"),
        ] {
            assert_eq!(duration_in_words(TimeDelta::seconds(seconds)), words, "{seconds}");
        }
    }
}
