//! The expected "no" of stock: values with the numbers that explain them. A broken invariant is a panic instead, and
//! everything else an error with an id; the three are never mixed.

use super::{
    code::{SkuCode, StoreCode},
    id::PromotionId,
};

/// Why one product was not held. The words are what forms and the API show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoldRefusal {
    /// There is no such SKU.
    #[error("Choose a SKU from the catalogue: there is no “{sku}”.")]
    UnknownSku {
        /// What was asked for.
        sku: SkuCode,
    },
    /// The store does not sell the SKU.
    #[error("Remove “{sku}”, or list it on this store first.")]
    NotListed {
        /// What was asked for.
        sku: SkuCode,
        /// The store of the sale.
        store: StoreCode,
    },
    /// The store already has a live hold on the SKU: it can have one at a time.
    #[error("Remove “{sku}”, or end “{promotion_name}” first: this store already holds it there.")]
    AlreadyHeld {
        /// What was asked for.
        sku: SkuCode,
        /// The sale that holds it.
        promotion: PromotionId,
        /// That sale's name.
        promotion_name: String,
    },
    /// More was asked for than is shared.
    #[error("{}", not_enough(*available))]
    NotEnoughStock {
        /// What was asked for.
        sku: SkuCode,
        /// Units asked for.
        asked: i64,
        /// Units available now.
        available: i64,
    },
}

fn not_enough(available: i64) -> String {
    match available {
        0 => "Remove this product: none is available now.".to_owned(),
        1 => "Enter 1: only 1 is available now.".to_owned(),
        _ => format!("Enter {available} or less: {available} are available now."),
    }
}

impl HoldRefusal {
    /// The SKU that was refused.
    #[must_use]
    pub fn sku(&self) -> &SkuCode {
        match self {
            Self::UnknownSku { sku }
            | Self::NotListed { sku, .. }
            | Self::AlreadyHeld { sku, .. }
            | Self::NotEnoughStock { sku, .. } => sku,
        }
    }
}
