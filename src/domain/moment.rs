//! A point in time, in UTC, cut to microseconds: the precision both databases keep.

use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};

/// A point in time in UTC, never finer than a microsecond, so that what was stored equals what was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(NaiveDateTime);

impl Moment {
    /// The same point in time as `chrono` knows it.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }

    /// The date and time in UTC without its zone, as columns keep it.
    #[must_use]
    pub fn as_naive(&self) -> &NaiveDateTime {
        &self.0
    }

    /// This moment and `delta` more; saturates at the ends of the calendar.
    #[must_use]
    pub fn plus(self, delta: TimeDelta) -> Self {
        let end = if delta < TimeDelta::zero() { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
        Self(self.0.checked_add_signed(delta).unwrap_or(end).trunc_subsecs(6))
    }

    /// How long after `earlier` this is; negative when it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> TimeDelta {
        self.0 - earlier.0
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(at: DateTime<Utc>) -> Self {
        Self::from(at.naive_utc())
    }
}

impl From<NaiveDateTime> for Moment {
    /// Takes the date and time as UTC.
    fn from(utc: NaiveDateTime) -> Self {
        Self(utc.trunc_subsecs(6))
    }
}

impl std::fmt::Display for Moment {
    /// RFC 3339, as the API and the exports write it: `2026-11-11T16:00:00Z`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(Self::from)
    }
}
