//! What a flash sale has sold, as its report says it.

use super::buckets::Buckets;
use crate::domain::{moment::Moment, orders::order::price_in_words};

/// What the orders of a flash sale took and are to pay, on one SKU or on all. An order that was cancelled is not among
/// them; open and shipped ones are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sales {
    /// Units out of the hold.
    pub from_hold: i64,
    /// Units of what no hold backs.
    pub from_shared: i64,
    /// Units that nothing was left for when their order came in.
    pub oversold: i64,
    /// What the units cost whose price is known, in minor units.
    pub revenue_minor: i128,
    /// Units whose price is not known.
    pub unpriced: i64,
}

impl Sales {
    /// Units of all orders.
    #[must_use]
    pub fn units(self) -> i64 {
        self.from_hold + self.from_shared + self.oversold
    }

    /// The revenue as people read it; empty when no unit has a price.
    #[must_use]
    pub fn revenue_in_words(self) -> String {
        if self.units() == self.unpriced { String::new() } else { price_in_words(self.revenue_minor) }
    }
}

impl std::ops::AddAssign for Sales {
    fn add_assign(&mut self, other: Self) {
        let Self { from_hold, from_shared, oversold, revenue_minor, unpriced } = other;
        self.from_hold += from_hold;
        self.from_shared += from_shared;
        self.oversold += oversold;
        self.revenue_minor += revenue_minor;
        self.unpriced += unpriced;
    }
}

impl std::iter::Sum for Sales {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}

/// What was left in the holds at the end of each of `buckets`: `sales` are what was sold in each, `changes` how much more
/// or less was held from each moment on.
#[must_use]
pub fn left(buckets: &Buckets, sales: &[Sales], changes: &[(Moment, i64)]) -> Vec<i64> {
    let mut sold = 0;
    let left = |(nth, of_bucket): (usize, &Sales)| {
        sold += of_bucket.from_hold;
        let is_last = nth + 1 == buckets.count;
        let held = changes.iter().filter(|(at, _)| is_last || *at < buckets.begin(nth + 1)).map(|(_, units)| units);
        held.sum::<i64>() - sold
    };
    sales.iter().enumerate().map(left).collect()
}

/// How much of `whole` is `part`, in per cent with one decimal: `41.6%`; empty when there is no whole. Cut, not rounded:
/// it says 100% when nothing is left, and not before.
#[must_use]
pub fn share_in_words(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return String::new();
    }
    let tenths = i128::from(part) * 1000 / i128::from(whole);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::noon;
    use chrono::TimeDelta;

    #[test]
    fn what_is_left_follows_from_what_is_held_and_sold_by_then() {
        let buckets = Buckets { start: noon(), width: TimeDelta::minutes(5), count: 4 };
        let sold = |from_hold| Sales { from_hold, from_shared: 3, ..Sales::default() };
        let at = |minutes| noon().plus(TimeDelta::minutes(minutes));
        // Held 60, 80 from the minute 5 on, and a product with 10 units left was removed just after the end.
        let changes = [(at(0), 60), (at(5), 20), (at(21), -10)];
        assert_eq!(left(&buckets, &[sold(10), sold(0), sold(30), sold(20)], &changes), [50, 70, 40, 10]);
    }

    #[test]
    fn a_share_is_cut_to_one_decimal() {
        for (part, whole, words) in [
            (0, 60, "0.0%"),
            (25, 60, "41.6%"),
            (59_999, 60_000, "99.9%"),
            (60, 60, "100.0%"),
            (1, 1_000_000_000, "0.0%"),
            (i64::MAX, i64::MAX, "100.0%"),
            (0, 0, ""),
        ] {
            assert_eq!(share_in_words(part, whole), words, "{part} of {whole}");
        }
    }

    #[test]
    fn revenue_is_said_where_a_price_is_known() {
        let sold = Sales { from_hold: 3, from_shared: 1, unpriced: 4, ..Sales::default() };
        assert_eq!(sold.revenue_in_words(), "");
        assert_eq!(Sales { unpriced: 3, ..sold }.revenue_in_words(), "0.00", "one was given away");
        assert_eq!(Sales { unpriced: 3, revenue_minor: 1250, ..sold }.revenue_in_words(), "12.50");
        assert_eq!(Sales::default().revenue_in_words(), "");
    }
}
