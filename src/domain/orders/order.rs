//! Orders: what a store has sold. An order is a fact; it is known by its store and its number.

use crate::domain::{
    catalogue::stock::MAX_UNITS,
    code::{OrderNumber, SkuCode, StoreCode},
    moment::Moment,
    words::words,
};
use chrono::TimeDelta;

/// The most lines one order may have, as many as one API body may carry.
pub const MAX_LINES: usize = 1_000;

/// The most a unit may cost, in minor units of its currency: no sum over the units of an order overflows 64 bits.
pub const MAX_PRICE_MINOR: i64 = 1_000_000_000;

/// The most an order may be worth, in minor units: no sum over thousands of orders overflows 64 bits.
pub const MAX_VALUE_MINOR: i64 = 1_000_000_000_000_000;

/// How far ahead of ours the clock of a store may be.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::hours(24);

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Its units are committed, or owed.
    Open,
    /// Its units have left the warehouse. Final.
    Shipped,
    /// Its units went back to where they came from. Final.
    Cancelled,
}

words!(OrderStatus {
    Open => "open", "Open";
    Shipped => "shipped", "Shipped";
    Cancelled => "cancelled", "Cancelled";
});

/// What to do with an order that wants more than its store is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfShort {
    /// Record it: it was sold already. What nothing is left for is oversold.
    #[default]
    Record,
    /// Refuse it: nobody has sold it yet.
    Reject,
}

words!(IfShort {
    Record => "record";
    Reject => "reject";
});

/// An order to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// The store that sold.
    pub store: StoreCode,
    /// Its number there.
    pub number: OrderNumber,
    /// When the customer placed it; now, if nobody says.
    pub placed_at: Option<Moment>,
    /// What was sold: one line or more.
    pub lines: Vec<NewLine>,
}

impl NewOrder {
    /// What its lines are worth whose price is known, in minor units.
    #[must_use]
    pub fn value_minor(&self) -> i128 {
        let value = |line: &NewLine| i128::from(line.quantity) * i128::from(line.unit_price_minor.unwrap_or(0));
        self.lines.iter().map(value).sum()
    }
}

/// One line of an order to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// The SKU.
    pub sku: SkuCode,
    /// Units, 1 or more.
    pub quantity: i64,
    /// What one costs, in minor units of the store's currency, if it is known.
    pub unit_price_minor: Option<i64>,
}

/// Why an order was not taken. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    /// There is no such store.
    #[error("Choose a store: there is no “{0}”.")]
    UnknownStore(StoreCode),
    /// There is no such SKU.
    #[error("Choose a SKU of the catalogue: there is no “{0}”.")]
    UnknownSku(SkuCode),
    /// It was placed later than any clock can explain.
    #[error("Check when the order was placed: {0} is more than a day from now.")]
    PlacedInFuture(Moment),
    /// It is worth more than any order.
    #[error("Check the prices: an order is worth {} at most.", price_in_words(MAX_VALUE_MINOR))]
    WorthTooMuch,
    /// It asks before it sells, and its store does not list the SKU.
    #[error("List “{sku}” on the store first: {store} does not sell it.")]
    NotListed {
        /// What was asked for.
        sku: SkuCode,
        /// The store.
        store: StoreCode,
    },
    /// It asks before it sells, and wants more than its store is shown now.
    #[error("{}", not_enough(sku, *asked, *available))]
    NotEnoughStock {
        /// What was asked for.
        sku: SkuCode,
        /// Units asked for.
        asked: i64,
        /// Units that the store is shown.
        available: i64,
    },
}

fn not_enough(sku: &SkuCode, asked: i64, available: i64) -> String {
    match available {
        0 => format!("Remove “{sku}”: none is available to this store now."),
        _ => format!(
            "Enter {available} or less of “{sku}”: {asked} were asked for, and {available} are available to this store."
        ),
    }
}

/// A price from what somebody typed or a file says: `12`, `12.5` or `12.50` is 1,200 or 1,250 minor units.
///
/// # Errors
/// A sentence that says what to enter.
pub fn parse_price(text: &str) -> Result<Option<i64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let refused = || format!("Enter a price like 12.50: “{text}” is none.");
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(cents) || cents.len() > 2 || text.ends_with('.') {
        return Err(refused());
    }
    match format!("{whole}{cents:0<2}").parse::<i64>() {
        Ok(minor) if minor <= MAX_PRICE_MINOR => Ok(Some(minor)),
        Ok(_) | Err(_) => Err(format!("Enter a price of {} or less.", price_in_words(MAX_PRICE_MINOR))),
    }
}

/// An amount of minor units as people read it: 1,250 is `12.50`.
#[must_use]
pub fn price_in_words(minor: impl Into<i128>) -> String {
    let minor = minor.into();
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// The sum over the units of a line cannot overflow.
const _: () = assert!(MAX_UNITS.checked_mul(MAX_PRICE_MINOR).is_some());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_into_minor_units() {
        for (text, minor) in
            [("", None), ("12", Some(1200)), ("12.5", Some(1250)), (" 2.10 ", Some(210)), ("0", Some(0))]
        {
            assert_eq!(parse_price(text), Ok(minor), "{text}");
        }
        for text in ["-1", "1,50", "1.234", ".5", "1.", "free", "1e3"] {
            assert_eq!(parse_price(text), Err(format!("Enter a price like 12.50: “{text}” is none.")));
        }
        assert_eq!(parse_price("99999999999"), Err("Enter a price of 10000000.00 or less.".to_owned()));
        assert_eq!(price_in_words(1205), "12.05");
    }
}
