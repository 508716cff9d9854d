//! A hold: units of one SKU that a flash sale reserves for its store.

use super::promotion::FlashSaleType;
use crate::domain::{code::StoreCode, id::PromotionId, moment::Moment};
use chrono::TimeDelta;

/// How long after its end a hold still counts as open: longer than any request waits after it read the clock, so that a
/// request which asks what was live a moment ago gets the same answer before and after the hold is archived. A clock that
/// is off by more than this is wrong, and is ignored.
pub const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(10);

/// One live hold on a SKU. Slices of holds are sorted by promotion, oldest first, because the older hold is backed first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The flash sale of the hold.
    pub promotion: PromotionId,
    /// The sale's name, for explanations.
    pub promotion_name: String,
    /// Decides whether the store also shows the shared stock.
    pub flash_sale_type: FlashSaleType,
    /// The store that the units are reserved for.
    pub store: StoreCode,
    /// The start of the sale.
    pub starts_at: Moment,
    /// Units that were reserved when the sale was created or edited, including sold ones.
    pub quantity: i64,
    /// Units that orders have taken from the hold.
    pub sold: i64,
}

impl Hold {
    /// Units that are held and not sold: `quantity = sold + remaining`.
    pub fn remaining(&self) -> i64 {
        self.quantity - self.sold
    }

    /// Whether an order of `store` that was placed at `placed_at` belongs to the sale. Marketplaces report whole seconds,
    /// so an order in the second of the start counts. The end is not checked: the hold is live, so the sale has not ended,
    /// and a later time comes from a clock that is ahead of ours.
    pub fn is_for(&self, store: &StoreCode, placed_at: Moment) -> bool {
        self.store == *store && self.starts_at.utc().timestamp() <= placed_at.utc().timestamp()
    }
}
