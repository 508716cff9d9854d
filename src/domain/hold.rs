//! A hold: the stock of one SKU that a flash sale keeps for its store.

use super::{code::StoreCode, id::PromotionId, promotion::FlashSaleType};

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
}
