//! Orders of the stores. An order is identified by its store and its number. By default it is recorded even if stock does
//! not cover it, because the customer has already bought it.

use crate::domain::{
    catalogue::stock::MAX_UNITS,
    code::{OrderNumber, SkuCode, StoreCode},
    moment::Moment,
    promotions::schedule::display,
    words::words,
};
use chrono::TimeDelta;
use chrono_tz::Tz;

/// The most lines of an order: the limit of one API request.
pub const MAX_LINES: usize = 1_000;

/// The highest unit price, in minor units of the currency. It is low enough that the sum of a line fits in 64 bits.
pub const MAX_PRICE_MINOR: i64 = 1_000_000_000;

/// The highest value of an order, in minor units. It is low enough that the sum of thousands of orders fits in 64 bits.
pub const MAX_VALUE_MINOR: i64 = 1_000_000_000_000_000;

/// How far in the future an order may be placed: the clock of a store may be ahead of ours.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::hours(24);

/// The status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Its units are committed or oversold.
    Open,
    /// Its units have left the warehouse. Final.
    Shipped,
    /// Its units went back to the hold or the shared stock. Final.
    Cancelled,
}

words!(OrderStatus {
    Open => "open", "Open";
    Shipped => "shipped", "Shipped";
    Cancelled => "cancelled", "Cancelled";
});

/// What to do with an order that its store cannot cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfShort {
    /// Record the order: the customer has already bought it. The shortfall is oversold.
    #[default]
    Record,
    /// Reject the order: it has not been sold yet.
    Reject,
}

words!(IfShort {
    Record => "record";
    Reject => "reject";
});

/// An order to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// The store that sold it.
    pub store: StoreCode,
    /// The store's order number.
    pub number: OrderNumber,
    /// When the customer placed the order; `None` means now.
    pub placed_at: Option<Moment>,
    /// At least one line.
    pub lines: Vec<NewLine>,
}

impl NewOrder {
    /// The value of the lines with a known price, in minor units.
    pub fn value_minor(&self) -> i128 {
        let mut sum = 0;
        for line in &self.lines {
            sum += i128::from(line.quantity) * i128::from(line.unit_price_minor.unwrap_or(0));
        }
        sum
    }
}

/// One line of an order to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// The SKU.
    pub sku: SkuCode,
    /// Units, 1 or more.
    pub quantity: i64,
    /// The unit price in minor units of the store's currency, if it is known.
    pub unit_price_minor: Option<i64>,
}

/// Why an order was rejected. Nothing of it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum OrderRefusal {
    #[error("Choose a store: there is no “{0}”.")]
    UnknownStore(StoreCode),
    #[error("Choose a SKU from the catalogue: there is no “{0}”.")]
    UnknownSku(SkuCode),
    /// The order was placed more than [`CLOCK_TOLERANCE`] in the future.
    #[error("Check the order date: {} in {} is more than a day in the future.", display(*placed_at, *zone), zone.name())]
    PlacedInFuture { placed_at: Moment, zone: Tz },
    /// The order's value exceeds [`MAX_VALUE_MINOR`].
    #[error("Check the prices: an order is worth {} at most.", price_in_words(MAX_VALUE_MINOR))]
    WorthTooMuch,
    /// With [`IfShort::Reject`]: the store does not list the SKU.
    #[error("List “{sku}” on the store first: {store} does not sell it.")]
    NotListed { sku: SkuCode, store: StoreCode },
    /// With [`IfShort::Reject`]: the store cannot cover the order.
    #[error("{}", not_enough(sku, *asked, *available))]
    NotEnoughStock {
        sku: SkuCode,
        asked: i64,
        /// Units that the store can sell.
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

/// Parses a price into minor units: `12` is 1,200; `12.5` and `12.50` are 1,250. An empty text is no price.
/// The error is a sentence that says what to enter.
pub fn parse_price(text: &str) -> Result<Option<i64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(cents) || cents.len() > 2 || text.ends_with('.') {
        let problem = if text.contains(',') { "has a comma" } else { "is not a price" };
        return Err(format!("Enter a price like 12.50. “{text}” {problem}."));
    }
    match format!("{whole}{cents:0<2}").parse::<i64>() {
        Ok(minor) if minor <= MAX_PRICE_MINOR => Ok(Some(minor)),
        Ok(_) | Err(_) => Err(format!("Enter a price of {} or less.", price_in_words(MAX_PRICE_MINOR))),
    }
}

/// Formats an amount of minor units: 1,250 is `12.50`.
pub fn price_in_words(minor: impl Into<i128>) -> String {
    let minor = minor.into();
    format!("{}.{:02}", minor / 100, minor % 100)
}

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
        for text in ["-1", "1.234", ".5", "1.", "free", "1e3"] {
            assert_eq!(parse_price(text), Err(format!("Enter a price like 12.50. “{text}” is not a price.")));
        }
        assert_eq!(parse_price("1,50"), Err("Enter a price like 12.50. “1,50” has a comma.".to_owned()));
        assert_eq!(parse_price("99999999999"), Err("Enter a price of 10000000.00 or less.".to_owned()));
        assert_eq!(price_in_words(1205), "12.05");
    }
}
