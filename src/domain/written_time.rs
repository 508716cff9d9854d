//! Times as programs, spreadsheets and marketplaces write them.

use super::moment::Moment;
use chrono::{Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// Why a written time was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum TimeRefusal {
    #[error("Send a time with its offset from UTC, like 2026-11-11T23:59:00+08:00.")]
    NoOffset,
    #[error("Enter a date and a time like 2026-11-11 23:59, or with the offset from UTC, 2026-11-11T23:59:00+08:00.")]
    NotATime,
    #[error("Add the time of day, as in 2026-11-11 23:59: “{0}” is only a date.")]
    NoTimeOfDay(String),
    #[error("Enter a date and a time: “{0}” is a number. Format the column as a date and export again.")]
    Number(String),
    #[error("Write {first} or {second}: “{text}” can be either.")]
    Ambiguous { text: String, first: NaiveDate, second: NaiveDate },
    #[error("Write the year with four digits: “{0}”.")]
    ShortYear(String),
    #[error("Check the year: {0} is before 2000.")]
    TooEarly(i32),
    #[error("Choose another time: {local} does not exist in {zone}, because the clocks go forward over it.")]
    DoesNotExist { local: String, zone: &'static str },
}

/// Parses a date and a time. Without an offset from UTC it is a time of `zone`; without a zone the offset is required. A time
/// that occurs twice, when the clocks go back, is the first of the two.
pub fn parse_time(text: &str, zone: Option<Tz>) -> Result<Moment, TimeRefusal> {
    let text = text.trim();
    let not_a_time = || if zone.is_some() { TimeRefusal::NotATime } else { TimeRefusal::NoOffset };
    if zone.is_some() && is_number(text) {
        return Err(TimeRefusal::Number(text.to_owned()));
    }
    let (local, offset) = split_offset(text);
    let (date, time) = match split_time(local) {
        Some((date, time)) => (date, parse_time_of_day(&time).ok_or_else(not_a_time)?),
        None if zone.is_some() && parse_date(local)?.is_some() => {
            return Err(TimeRefusal::NoTimeOfDay(text.to_owned()));
        }
        None => return Err(not_a_time()),
    };
    let date = parse_date(&date)?.ok_or_else(not_a_time)?;
    if date.year() < 2000 {
        return Err(TimeRefusal::TooEarly(date.year()));
    }
    let local = date.and_time(time);
    let utc = match (offset, zone) {
        (Some(offset), _) => local - offset.ok_or_else(not_a_time)?,
        (None, Some(zone)) => in_zone(local, zone)?,
        (None, None) => return Err(TimeRefusal::NoOffset),
    };
    match utc.year() {
        ..2000 => Err(TimeRefusal::TooEarly(utc.year())),
        2000..=9999 => Ok(Moment::from(utc)),
        _ => Err(not_a_time()),
    }
}

/// Seconds since 1970, or the days of a spreadsheet.
fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    number(whole).is_some() && number(fraction).is_some()
        || whole.len() > 9 && whole.bytes().all(|byte| byte.is_ascii_digit())
}

fn in_zone(local: NaiveDateTime, zone: Tz) -> Result<NaiveDateTime, TimeRefusal> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Ok(at.naive_utc()),
        LocalResult::None => {
            let local = local.format("%Y-%m-%d %H:%M").to_string();
            Err(TimeRefusal::DoesNotExist { local, zone: zone.name() })
        }
    }
}

/// The text before the offset from UTC, and the offset where there is one: `Z`, `UTC`, `+08:00`, `+0800`, `+08`, `GMT+8`.
/// An offset that is none is `Some(None)`.
fn split_offset(text: &str) -> (&str, Option<Option<TimeDelta>>) {
    let Some(colon) = text.find(':') else { return (text, None) };
    let without_name = |text: &'_ str| -> Option<usize> {
        let upper = text.to_ascii_uppercase();
        ["UTC", "GMT"].iter().find_map(|name| upper.strip_suffix(name)).map(str::len)
    };
    if let Some(length) = without_name(text) {
        return (text[..length].trim_end(), Some(Some(TimeDelta::zero())));
    }
    if let Some(before) = text.strip_suffix(['Z', 'z']) {
        return (before.trim_end(), Some(Some(TimeDelta::zero())));
    }
    let Some(sign) = text[colon..].rfind(['+', '-', '\u{2212}']).map(|at| colon + at) else { return (text, None) };
    let before = text[..sign].trim_end();
    let before = without_name(before).map_or(before, |length| before[..length].trim_end());
    let is_negative = !text[sign..].starts_with('+');
    let digits = text[sign..].trim_start_matches(['+', '-', '\u{2212}']);
    (before, Some(parse_offset(digits).map(|offset| if is_negative { -offset } else { offset })))
}

fn parse_offset(text: &str) -> Option<TimeDelta> {
    let (hours, minutes) = match (text.split_once(':'), text.len()) {
        (Some(parts), _) => parts,
        (None, 1 | 2) => (text, "0"),
        (None, 4) => text.split_at_checked(2)?,
        (None, _) => return None,
    };
    let hours = number(hours)?;
    let minutes = number(minutes)?;
    (hours <= 14 && minutes < 60).then(|| TimeDelta::minutes(i64::from(hours * 60 + minutes)))
}

fn number(digits: &str) -> Option<u32> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) { None } else { digits.parse().ok() }
}

/// The date, and the time with its `AM` or `PM`. `None` if there is no time.
fn split_time(text: &str) -> Option<(String, String)> {
    let colon = text.find(':')?;
    // The hour is what stands between a space or a `T` and the first colon.
    let hour = text[..colon].rfind(|c: char| !c.is_ascii_digit())?;
    let between = text[hour..].chars().next()?;
    let (date, time) = (&text[..hour], &text[hour + between.len_utf8()..]);
    if !matches!(between, 'T' | 't') && !between.is_whitespace() {
        return None;
    }
    Some((date.trim_end_matches([',', ' ']).to_owned(), time.trim().to_owned()))
}

/// `9:05`, `09:05:07`, `09:05:07.123`, `9:05 PM`. A leap second is none: neither database stores it.
fn parse_time_of_day(text: &str) -> Option<NaiveTime> {
    let upper = text.to_ascii_uppercase();
    let (clock, is_afternoon) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(clock), _) => (clock, Some(false)),
        (None, Some(clock)) => (clock, Some(true)),
        (None, None) => (upper.as_str(), None),
    };
    let mut parts = clock.trim_end().splitn(3, ':');
    let typed_hour = number(parts.next()?)?;
    let minute = number(parts.next()?).filter(|minute| *minute < 60)?;
    let (second, fraction) = match parts.next() {
        None => ("0", ""),
        Some(rest) => rest.split_once(['.', ',']).unwrap_or((rest, "")),
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros = format!("{fraction:0<6.6}");
    let hour = match is_afternoon {
        None => typed_hour,
        Some(_) if !(1..=12).contains(&typed_hour) => return None,
        Some(is_afternoon) => typed_hour % 12 + if is_afternoon { 12 } else { 0 },
    };
    NaiveTime::from_hms_micro_opt(hour, minute, number(second)?, number(&micros)?)
}

/// The date, if the text is one. A weekday before it is not read. After a sign it is none: `-2026` is a year
/// before Christ.
fn parse_date(text: &str) -> Result<Option<NaiveDate>, TimeRefusal> {
    if text.starts_with(['-', '+']) {
        return Ok(None);
    }
    let mut parts: Vec<&str> = text.split(['-', '/', '.', ' ', ',']).filter(|part| !part.is_empty()).collect();
    if parts.len() == 4 && parts[0].bytes().all(|byte| byte.is_ascii_alphabetic()) {
        parts.remove(0);
    }
    let [first, second, third] = parts.as_slice() else { return Ok(None) };
    if let (Some(year), 4) = (number(first), first.len()) {
        let month = number(second).or_else(|| month_of(second));
        return Ok(month.zip(number(third)).and_then(|(month, day)| day_of(year, month, day)));
    }
    let Some(year) = number(third) else { return Ok(None) };
    if third.len() != 4 {
        return if third.len() == 2 { Err(TimeRefusal::ShortYear(text.to_owned())) } else { Ok(None) };
    }
    let by_name = match (month_of(first), month_of(second)) {
        (Some(month), None) => number(second).map(|day| (month, day)),
        (None, Some(month)) => number(first).map(|day| (month, day)),
        _ => None,
    };
    if let Some((month, day)) = by_name {
        return Ok(day_of(year, month, day));
    }
    let (Some(one), Some(two)) = (number(first), number(second)) else { return Ok(None) };
    // Where dates have points, the day is first.
    match (day_of(year, two, one), day_of(year, one, two)) {
        (Some(day_first), Some(month_first)) if day_first != month_first && !text.contains('.') => {
            Err(TimeRefusal::Ambiguous { text: text.to_owned(), first: day_first, second: month_first })
        }
        (day_first, _) if text.contains('.') => Ok(day_first),
        (day_first, month_first) => Ok(day_first.or(month_first)),
    }
}

fn day_of(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// The month by its English name or the beginning of it.
fn month_of(name: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.to_ascii_lowercase();
    let at = MONTHS
        .iter()
        .position(|month| name.len() >= 3 && (month.starts_with(&name) || name == "sept" && *month == "september"))?;
    u32::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, zone: Option<Tz>) -> String {
        parse_time(text, zone).map_or_else(|refusal| refusal.to_string(), |at| at.to_string())
    }

    #[test]
    fn a_time_is_read_as_programs_and_marketplaces_write_it() {
        for text in [
            "2026-11-28T12:30:00+08:00",
            "2026-11-28T12:30+08:00",
            "2026-11-28 12:30:00 +0800",
            "2026-11-28 12:30:00+08",
            "2026-11-28t04:30:00z",
            "2026-11-28T04:30:00.000000Z",
            "2026-11-28 04:30 UTC",
            "2026-11-28 12:30 GMT+8",
            "2026-11-27T23:30:00-05:00",
            "Sat, 28 Nov 2026 12:30:00 +0800",
            " 2026/11/28 12:30:00 +08:00 ",
        ] {
            for zone in [None, Some(Tz::Europe__Berlin)] {
                assert_eq!(read(text, zone), "2026-11-28T04:30:00Z", "{text}");
            }
        }
    }

    #[test]
    fn a_time_without_an_offset_is_one_of_the_zone() {
        for text in [
            "2026-11-28 12:30",
            "2026-11-28T12:30:00",
            "2026/11/28 12:30",
            "28/11/2026 12:30",
            "11/28/2026 12:30 PM",
            "11/28/2026 12:30:00PM",
            "28.11.2026 12:30",
            "28-11-2026 12:30",
            "28 Nov 2026, 12:30",
            "28-Nov-2026 12:30",
            "Nov 28, 2026 12:30",
            "November 28 2026 12:30",
        ] {
            assert_eq!(read(text, Some(Tz::Asia__Singapore)), "2026-11-28T04:30:00Z", "{text}");
            assert_eq!(read(text, None), TimeRefusal::NoOffset.to_string(), "{text}");
        }
        let zone = Some(Tz::Asia__Singapore);
        assert_eq!(read("11/11/2026 00:05", zone), "2026-11-10T16:05:00Z");
        assert_eq!(read("05.11.2026 12:00", zone), "2026-11-05T04:00:00Z");
        assert_eq!(read("2026-11-11 12:05 am", zone), "2026-11-10T16:05:00Z");
        assert_eq!(read("2026-11-28 12:30:15.25", zone), "2026-11-28T04:30:15.250Z");
        assert_eq!(read("2026-10-25 01:30", Some(Tz::Europe__London)), "2026-10-25T00:30:00Z", "the first of two");
    }

    #[test]
    fn what_can_be_two_times_or_none_is_refused_with_the_reason() {
        for (text, words) in [
            ("05/11/2026 12:30", "Write 2026-11-05 or 2026-05-11: “05/11/2026” can be either."),
            ("2026-11-28", "Add the time of day, as in 2026-11-11 23:59: “2026-11-28” is only a date."),
            ("28/11/26 12:30", "Write the year with four digits: “28/11/26”."),
            ("1970-01-01T00:00:00Z", "Check the year: 1970 is before 2000."),
            (
                "1764304200",
                "Enter a date and a time: “1764304200” is a number. Format the column as a date and export again.",
            ),
            (
                "45989.52",
                "Enter a date and a time: “45989.52” is a number. Format the column as a date and export again.",
            ),
            (
                "2026-03-29 01:30",
                "Choose another time: 2026-03-29 01:30 does not exist in Europe/London, because the clocks go forward over it.",
            ),
        ] {
            assert_eq!(read(text, Some(Tz::Europe__London)), words);
        }
        for text in [
            "",
            "soon",
            "12:30",
            "2026-13-01 12:30",
            "2026-11-31 12:30",
            "2026-11-28 25:00",
            "2026-11-28 13:30 PM",
            "2026-11-28 12:30:60",
            "2026-11-28 12:30+25:00",
            "2026-11-28 12:30 SGT",
            "2026-11-28T12:30:00+8h",
            "-2026-11-28 12:30",
            "- 2026-11-28T12:30:00Z",
            "+2026-11-28T12:30:00Z",
            "-28/11/2026 12:30",
            "2026-11-28 12:30:15.123456x",
            "2026-11-28T12:30:15.5-5Z",
            "é:é",
            "2026-11-28é12:30",
        ] {
            assert_eq!(read(text, Some(Tz::Europe__London)), TimeRefusal::NotATime.to_string(), "{text:?}");
            assert_eq!(read(text, None), TimeRefusal::NoOffset.to_string(), "{text:?}");
        }
    }
}
