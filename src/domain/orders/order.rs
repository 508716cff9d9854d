//! Orders of the stores. An order is identified by its store and its number. By default it is recorded even if stock does
//! not cover it, because the customer has already bought it.

use crate::domain::{
    code::{LineId, OrderNumber, SellerSku, SkuCode, StoreCode},
    moment::Moment,
    money::{Amount, Currency, MAX_VALUE_MINOR, decimals_of},
    promotions::schedule::display,
    refusal::UnknownSku,
    words::words,
};
use chrono::TimeDelta;
use chrono_tz::Tz;

/// The most lines of an order: the limit of one API request.
pub const MAX_LINES: usize = 1_000;

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

/// Whether the customer has paid. An unpaid order takes its units like any other: the store shows fewer as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Payment {
    Pending,
    Paid,
}

words!(Payment {
    Pending => "pending", "Unpaid";
    Paid => "paid", "Paid";
});

/// Whose warehouse an order is shipped from. Only one that the seller ships touches our stock: what was finished before the
/// orders of the store were read had left the shelf before it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Fulfiller {
    Seller,
    Marketplace,
    Earlier,
}

words!(Fulfiller {
    Seller => "seller", "Seller";
    Marketplace => "marketplace", "Marketplace";
    Earlier => "earlier", "Before its orders were read";
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

/// What a line of an order names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineItem {
    /// A SKU.
    Sku(SkuCode),
    /// A listing of the order's store, which is one or more SKUs.
    SellerSku(SellerSku),
}

impl LineItem {
    /// The SKU, if the line names one itself.
    pub fn sku(&self) -> Option<&SkuCode> {
        match self {
            Self::Sku(sku) => Some(sku),
            Self::SellerSku(_) => None,
        }
    }

    /// The seller SKU, if the line names one.
    pub fn seller_sku(&self) -> Option<&SellerSku> {
        match self {
            Self::Sku(_) => None,
            Self::SellerSku(seller_sku) => Some(seller_sku),
        }
    }
}

impl From<SkuCode> for LineItem {
    fn from(sku: SkuCode) -> Self {
        Self::Sku(sku)
    }
}

/// One line of an order to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// What was sold.
    pub item: LineItem,
    /// How many of it, 1 or more.
    pub quantity: i64,
    /// The price of one in minor units of the store's currency, if it is known.
    pub unit_price_minor: Option<i64>,
}

/// An order as it is now at its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderState {
    /// The store that sold it.
    pub store: StoreCode,
    /// The store's order number.
    pub number: OrderNumber,
    /// When the customer placed it; `None` means now. It counts when the order is new.
    pub placed_at: Option<Moment>,
    /// When the store changed it last. A state that is older than the one that is stored changes nothing.
    pub updated_at: Option<Moment>,
    /// The status of the lines that have none of their own.
    pub status: OrderStatus,
    /// `None` if the store does not say.
    pub payment: Option<Payment>,
    /// `None` if the store does not say.
    pub fulfilled_by: Option<Fulfiller>,
    /// A line that is not among them is not wanted any more.
    pub lines: Vec<StateLine>,
}

/// One line of an order as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLine {
    /// The store's id of the line.
    pub id: Option<LineId>,
    /// What was sold.
    pub item: LineItem,
    /// How many of it the customer still wants, 0 or more.
    pub quantity: i64,
    /// Where it is not that of the order.
    pub status: Option<OrderStatus>,
    /// How many came back after they were shipped, besides those that the customer still wants.
    pub returned: i64,
    /// The price of one in minor units of the store's currency, if it is known.
    pub unit_price_minor: Option<i64>,
}

impl OrderState {
    /// The value of the lines with a known price, in minor units.
    pub fn value_minor(&self) -> i128 {
        let mut sum = 0;
        for line in &self.lines {
            sum += i128::from(line.quantity + line.returned) * i128::from(line.unit_price_minor.unwrap_or(0));
        }
        sum
    }
}

/// A number that was used long ago may be that of another order: of one that was placed this much earlier or later.
pub const SAME_NUMBER: TimeDelta = TimeDelta::days(180);

/// Why an order was rejected. Nothing of it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum OrderRefusal {
    #[error("Choose a store: there is no “{0}”.")]
    UnknownStore(StoreCode),
    #[error(transparent)]
    UnknownSku(UnknownSku),
    /// The store has no listing with the seller SKU, or several.
    #[error("Choose a seller SKU of the store: {store} lists no “{seller_sku}”.")]
    UnknownSellerSku { seller_sku: SellerSku, store: StoreCode },
    /// The order was placed more than [`CLOCK_TOLERANCE`] in the future.
    #[error("Check the order date: {} in {} is more than a day in the future.", display(*placed_at, *zone), zone.name())]
    PlacedInFuture { placed_at: Moment, zone: Tz },
    /// The order's value exceeds [`MAX_VALUE_MINOR`].
    #[error("Check the prices: an order is worth {} at most.", highest_value(*currency))]
    WorthTooMuch { currency: Option<Currency> },
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

fn highest_value(currency: Option<Currency>) -> String {
    Amount { minor: MAX_VALUE_MINOR.into(), decimals: decimals_of(currency) }.in_words(currency)
}

fn not_enough(sku: &SkuCode, asked: i64, available: i64) -> String {
    match available {
        0 => format!("Remove “{sku}”: none is available to this store now."),
        _ => format!(
            "Enter {available} or less of “{sku}”: {asked} were asked for, and {available} are available to this store."
        ),
    }
}
