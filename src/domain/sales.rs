//! What a flash sale has sold, as its report says it.

use super::order::price_in_words;

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
