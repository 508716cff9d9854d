//! A hold: the stock of one SKU that a flash sale keeps for its store.

use super::promotion::FlashSaleType;
use crate::domain::{code::StoreCode, id::PromotionId, moment::Moment};

/// One live hold on a SKU. A slice of them always stands oldest promotion first: the older one is backed first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The flash sale that holds.
    pub promotion: PromotionId,
    /// Its name, for the explanations.
    pub promotion_name: String,
    /// Whether the store shows the shared stock as well.
    pub flash_sale_type: FlashSaleType,
    /// The store that the units are for.
    pub store: StoreCode,
    /// When the sale began.
    pub starts_at: Moment,
    /// Units that were taken when the sale was created or edited.
    pub quantity: i64,
    /// Units that orders have taken out of the hold.
    pub sold: i64,
}

impl Hold {
    /// Units that are still held: `quantity = sold + remaining`.
    #[must_use]
    pub fn remaining(&self) -> i64 {
        self.quantity - self.sold
    }

    /// Whether an order that `store` took at `placed_at` is one of the sale. Marketplaces say when to the second, so that
    /// of the start counts as a whole. The hold is live, so the sale has not ended: a later time is that of a clock ahead
    /// of ours.
    #[must_use]
    pub fn is_for(&self, store: &StoreCode, placed_at: Moment) -> bool {
        self.store == *store && self.starts_at.utc().timestamp() <= placed_at.utc().timestamp()
    }
}
