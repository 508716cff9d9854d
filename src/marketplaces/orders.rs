//! Orders at a marketplace: what is asked for and how it is answered. Which orders are read when is decided in `sync::pull`.

use crate::domain::{
    moment::Moment,
    orders::pulled::PulledOrder,
    stores::failure::{Failure, FailureClass},
};
use chrono::{DateTime, TimeDelta};

/// What a marketplace describes of its orders.
pub struct Pulling {
    /// The longest time between the changes of one request; `None` if there is no limit.
    pub longest_window: Option<TimeDelta>,
    /// The most orders that can be asked for by their ids in one call of `Connector::read_named_orders`.
    pub most_named: usize,
    /// Its messages about orders and products.
    pub hooks: super::hooks::Hooks,
}

/// From when to when orders have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: Moment,
    pub until: Moment,
}

/// A part of the orders that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderPage {
    pub orders: Vec<PulledOrder>,
    /// Why an order cannot be read, in a sentence for each.
    pub unreadable: Vec<String>,
    /// The last failure because of which an order could not be read.
    pub failure: Option<Failure>,
    /// Where the next part begins, in the marketplace's own words; `None` after the last one.
    pub next: Option<String>,
}

impl OrderPage {
    /// Adds what could be read.
    pub(super) fn add(&mut self, order: Result<PulledOrder, String>) {
        match order {
            Ok(order) => self.orders.push(order),
            Err(why) => self.unreadable.push(why),
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        self.orders.extend(other.orders);
        self.unreadable.extend(other.unreadable);
        self.failure = other.failure.or(self.failure.take());
    }

    /// Why nothing of it could be read, if that may pass.
    pub fn fault(&self) -> Option<&Failure> {
        let failure = self.failure.as_ref().filter(|failure| failure.class == FailureClass::Temporary);
        failure.filter(|_| self.orders.is_empty())
    }
}

/// A moment as marketplaces write it: `2026-11-10T12:00:00Z`, or `2026-11-10 20:00:00 +0800`.
pub(super) fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    let read = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z"));
    read.ok().map(|read| Moment::from(read.to_utc()))
}

/// A number of seconds, or of milliseconds, since 1970. One that is not set may be 0.
pub(super) fn since_1970(number: Option<i64>) -> Option<Moment> {
    /// More seconds than this would be after the year 5000.
    const MOST_SECONDS: i64 = 100_000_000_000;
    let number = number.filter(|number| *number > 0)?;
    let read = match number {
        ..MOST_SECONDS => DateTime::from_timestamp(number, 0),
        _ => DateTime::from_timestamp_millis(number),
    };
    read.map(Moment::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_marketplaces_write_them() {
        for (text, read) in [
            ("2026-11-10T12:00:00Z", Some("2026-11-10T12:00:00Z")),
            ("2026-11-10T20:00:00+08:00", Some("2026-11-10T12:00:00Z")),
            ("2026-11-10T12:00:00.123456Z", Some("2026-11-10T12:00:00.123456Z")),
            ("2026-11-10 20:00:00 +0800", Some("2026-11-10T12:00:00Z")),
            ("2026-11-10", None),
            ("", None),
        ] {
            assert_eq!(moment(text).map(|read| read.to_string()).as_deref(), read, "{text}");
        }
        for (number, read) in [
            (Some(1_762_776_000), Some("2025-11-10T12:00:00Z")),
            (Some(1_762_776_000_123), Some("2025-11-10T12:00:00.123Z")),
            (Some(0), None),
            (None, None),
        ] {
            assert_eq!(since_1970(number).map(|read| read.to_string()).as_deref(), read, "{number:?}");
        }
    }
}
