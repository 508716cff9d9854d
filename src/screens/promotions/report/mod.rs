//! The report of a promotion, while it runs and after: the units sold, their source, and the costs of the other stores.

mod chart;
pub mod cost;
pub mod export;
mod sold;

pub(super) use cost::CostRow;
pub(super) use sold::{OverTime, SoldBySku, SoldOverTime};

use crate::{
    db::promotions::list::Totals,
    domain::{
        money::Currency,
        promotions::{promotion::Status, sales::Sales},
        text::counted,
    },
};

/// The sales of one product, or of the whole flash sale.
pub struct Sold {
    pub from_hold: i64,
    pub from_shared: i64,
    pub oversold: i64,
    /// Empty if no price is known.
    pub revenue: String,
    /// Units without a price.
    pub unpriced: i64,
    /// `41.7%`, of the hold.
    pub sell_through: String,
}

impl Sold {
    pub fn new(totals: Totals, sales: Sales, currency: Option<Currency>) -> Self {
        Self {
            from_hold: totals.sold,
            from_shared: sales.from_shared,
            oversold: sales.oversold,
            revenue: sales.revenue_in_words(currency),
            unpriced: sales.unpriced,
            sell_through: totals.sell_through(),
        }
    }
}

/// The figures of the whole flash sale.
pub struct Tiles {
    pub held: i64,
    pub remaining: i64,
    /// Units that were shared again when the sale ended; `None` while it runs.
    pub returned: Option<i64>,
    pub sold: Sold,
}

impl Tiles {
    pub fn new(totals: Totals, sales: Sales, status: Status, currency: Option<Currency>) -> Self {
        Self {
            held: totals.quantity,
            remaining: totals.remaining(status),
            returned: match status {
                Status::Draft | Status::Running => None,
                Status::Ended => Some(totals.quantity - totals.sold),
            },
            sold: Sold::new(totals, sales, currency),
        }
    }

    pub fn sell_through_hint(&self) -> String {
        if self.sold.sell_through.is_empty() {
            String::new()
        } else {
            format!("{} of the hold", self.sold.sell_through)
        }
    }

    pub fn oversold_tone(&self) -> &'static str {
        if self.sold.oversold > 0 { "danger" } else { "" }
    }

    pub fn revenue(&self) -> &str {
        if self.sold.revenue.is_empty() { "–" } else { &self.sold.revenue }
    }

    pub fn revenue_hint(&self) -> String {
        match self.sold.unpriced {
            0 => String::new(),
            units => format!("{} without a price", counted(units, "unit")),
        }
    }
}
