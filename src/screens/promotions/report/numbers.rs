//! The numbers of the report, for all products and for each.

use crate::{
    db::promotions::list::Totals,
    domain::{
        promotions::{promotion::Status, sales::Sales},
        text::counted,
    },
};

/// What was sold, in the cells of a product or on the tiles of all.
pub struct Sold {
    /// Units from the hold.
    pub from_hold: i64,
    /// Units from what no hold backs.
    pub from_shared: i64,
    /// Units that nothing was left for.
    pub oversold: i64,
    /// What they cost; empty when no price is known.
    pub revenue: String,
    /// Units among them without a price.
    pub unpriced: i64,
    /// How much of the hold was sold: `41.6%`.
    pub sell_through: String,
}

impl Sold {
    /// What was sold of holds with `totals`.
    pub fn new(totals: Totals, sales: Sales) -> Self {
        Self {
            from_hold: totals.sold,
            from_shared: sales.from_shared,
            oversold: sales.oversold,
            revenue: sales.revenue_in_words(),
            unpriced: sales.unpriced,
            sell_through: totals.sell_through(),
        }
    }
}

/// The numbers of the whole flash sale.
pub struct Tiles {
    /// Units that were taken.
    pub held: i64,
    /// Units that the holds still keep.
    pub remaining: i64,
    /// Units that were shared again when the sale ended; `None` while it runs.
    pub returned: Option<i64>,
    /// What was sold.
    pub sold: Sold,
}

impl Tiles {
    /// The tiles of a sale with `totals` that stands at `status`.
    pub fn new(totals: Totals, sales: Sales, status: Status) -> Self {
        Self {
            held: totals.quantity,
            remaining: totals.remaining(status),
            returned: match status {
                Status::Draft | Status::Running => None,
                Status::Ended => Some(totals.quantity - totals.sold),
            },
            sold: Sold::new(totals, sales),
        }
    }

    /// Under the units sold from the hold.
    pub fn sell_through_hint(&self) -> String {
        if self.sold.sell_through.is_empty() {
            String::new()
        } else {
            format!("{} of the hold", self.sold.sell_through)
        }
    }

    /// Whether somebody has to look at the oversold units.
    pub fn oversold_tone(&self) -> &'static str {
        if self.sold.oversold > 0 { "danger" } else { "" }
    }

    /// The revenue, or that none is known.
    pub fn revenue(&self) -> &str {
        if self.sold.revenue.is_empty() { "–" } else { &self.sold.revenue }
    }

    /// Under the revenue: what it leaves out.
    pub fn revenue_hint(&self) -> String {
        match self.sold.unpriced {
            0 => String::new(),
            units => format!("{} without a price", counted(units, "unit")),
        }
    }
}
