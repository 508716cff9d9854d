//! A point in time in UTC, truncated to microseconds: the precision of both databases.

use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};

/// A point in time in UTC. It is truncated to microseconds, so that a value read from the database equals the one that was
/// written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(NaiveDateTime);

impl Moment {
    /// The same point in time as a `chrono` type.
    pub fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }

    /// The date and time in UTC without a zone, as it is stored in columns.
    pub fn as_naive(&self) -> &NaiveDateTime {
        &self.0
    }

    /// This moment plus `delta`; saturates at the limits of the calendar.
    #[must_use]
    pub fn plus(self, delta: TimeDelta) -> Self {
        let end = if delta < TimeDelta::zero() { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
        Self(self.0.checked_add_signed(delta).unwrap_or(end).trunc_subsecs(6))
    }

    /// The time from `earlier` to this moment; negative if `earlier` is later.
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
    /// Interprets the date and time as UTC.
    fn from(utc: NaiveDateTime) -> Self {
        Self(utc.trunc_subsecs(6))
    }
}

impl std::fmt::Display for Moment {
    /// RFC 3339, the format of the API and the exports: `2026-11-11T16:00:00Z`.
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
