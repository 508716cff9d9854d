//! What is available of one SKU: its stock and the holds that are live on it, owned, so that it can be passed around and
//! changed while orders are decided.

use super::{
    quantity::{Position, Quantity},
    stock::Stock,
};
use crate::domain::{code::StoreCode, promotions::hold::Hold};

/// The stock of one SKU and the holds that are live on it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Availability {
    /// The stored totals.
    pub stock: Stock,
    /// The live holds, oldest promotion first.
    pub holds: Vec<Hold>,
}

impl Availability {
    /// What every quantity follows from.
    pub fn position(&self) -> Position<'_> {
        Position { stock: self.stock, holds: &self.holds }
    }

    /// What `store` should show, if it lists the SKU.
    pub fn quantity_for(&self, store: &StoreCode) -> Quantity {
        self.position().quantity_for(store)
    }

    /// The same stock with a hold more, of the youngest promotion.
    #[must_use]
    pub fn with_hold(&self, hold: Hold) -> Self {
        let mut after = self.clone();
        after.holds.push(hold);
        after
    }
}
