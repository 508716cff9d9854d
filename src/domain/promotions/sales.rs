//! The sales figures of a flash sale's report.

use super::buckets::Buckets;
use crate::domain::{
    moment::Moment,
    money::{Amount, Currency},
};

/// The units and the revenue of a flash sale's open and shipped orders, for one SKU or for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sales {
    /// Units from the hold.
    pub from_hold: i64,
    /// Units from stock that backs no hold.
    pub from_shared: i64,
    /// Units that stock did not cover when the order was recorded.
    pub oversold: i64,
    /// The revenue of the units with a known price, in the currency of the sale's store.
    pub revenue: Amount,
    /// Units without a known price.
    pub unpriced: i64,
}

impl Sales {
    /// All units.
    pub fn units(self) -> i64 {
        self.from_hold + self.from_shared + self.oversold
    }

    /// The revenue; `None` if no unit has a price.
    pub fn priced_revenue(self) -> Option<Amount> {
        (self.units() != self.unpriced).then_some(self.revenue)
    }

    /// The revenue for people; empty if no unit has a price.
    pub fn revenue_in_words(self, currency: Option<Currency>) -> String {
        self.priced_revenue().map_or_else(String::new, |revenue| revenue.in_words(currency))
    }
}

impl std::ops::AddAssign for Sales {
    fn add_assign(&mut self, other: Self) {
        let Self { from_hold, from_shared, oversold, revenue, unpriced } = other;
        self.from_hold += from_hold;
        self.from_shared += from_shared;
        self.oversold += oversold;
        self.revenue += revenue;
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

/// The unsold units of the holds at the end of each bucket. `sales` are the sales in each bucket, `changes` the changes of
/// the held quantity with their times.
pub fn left(buckets: &Buckets, sales: &[Sales], changes: &[(Moment, i64)]) -> Vec<i64> {
    let mut sold = 0;
    let mut left = Vec::with_capacity(sales.len());
    for (nth, of_bucket) in sales.iter().enumerate() {
        sold += of_bucket.from_hold;
        // The last bucket includes the changes after its end.
        let is_last = nth + 1 == buckets.count;
        let mut held = 0;
        for (at, units) in changes {
            if is_last || *at < buckets.begin(nth + 1) {
                held += units;
            }
        }
        left.push(held - sold);
    }
    left
}

/// `part` as a percentage of `whole` with one decimal: `41.7%`; empty if `whole` is 0. Rounded, but it is 100% only if
/// nothing is left.
pub fn share_in_words(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return String::new();
    }
    let part = i128::from(part);
    let whole = i128::from(whole);
    let tenths = match (part * 1000 + whole / 2) / whole {
        1000 if part < whole => 999,
        rounded => rounded,
    };
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
    fn a_share_is_rounded_to_one_decimal_but_never_up_to_all() {
        for (part, whole, words) in [
            (0, 60, "0.0%"),
            (10, 60, "16.7%"),
            (25, 60, "41.7%"),
            (50, 60, "83.3%"),
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
        let sgd = Currency::parse("SGD").ok();
        let revenue = Amount { minor: 1250, decimals: 2 };
        assert_eq!(sold.revenue_in_words(sgd), "");
        assert_eq!(Sales { unpriced: 3, ..sold }.revenue_in_words(sgd), "SGD 0.00", "one was given away");
        assert_eq!(Sales { unpriced: 3, revenue, ..sold }.revenue_in_words(sgd), "SGD 12.50");
        assert_eq!(Sales { unpriced: 3, revenue, ..sold }.revenue_in_words(None), "12.50");
        assert_eq!(Sales::default().revenue_in_words(sgd), "");
    }
}
