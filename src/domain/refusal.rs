//! Refusals of holds. A refusal is an expected result, with the numbers that explain it. A broken invariant is a panic
//! instead, and any other failure is an error with an id for the log.

use super::{
    code::{SkuCode, StoreCode},
    id::PromotionId,
};

/// A SKU that was named and is not in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Choose a SKU from the catalogue: there is no “{sku}”{}.", but_there_is(meant.as_ref()))]
pub struct UnknownSku {
    /// What was named.
    pub sku: SkuCode,
    /// The SKU whose code differs from it in nothing but upper and lower case, which is probably meant.
    pub meant: Option<SkuCode>,
}

fn but_there_is(meant: Option<&SkuCode>) -> String {
    meant.map_or_else(String::new, |meant| format!(", but there is “{meant}”"))
}

/// Why a hold on one product was refused. Forms and the API show these messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum HoldRefusal {
    #[error(transparent)]
    UnknownSku(UnknownSku),
    #[error("Remove “{sku}”, or list it on this store first.")]
    NotListed { sku: SkuCode, store: StoreCode },
    /// The store has a live hold on the SKU already. It can have only one at a time.
    #[error("Remove “{sku}”, or end “{promotion_name}” first: this store already holds it there.")]
    AlreadyHeld { sku: SkuCode, promotion: PromotionId, promotion_name: String },
    #[error("{}", not_enough(*available))]
    NotEnoughStock {
        sku: SkuCode,
        /// The requested units.
        asked: i64,
        /// The shared units.
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
    pub fn sku(&self) -> &SkuCode {
        match self {
            Self::UnknownSku(UnknownSku { sku, .. })
            | Self::NotListed { sku, .. }
            | Self::AlreadyHeld { sku, .. }
            | Self::NotEnoughStock { sku, .. } => sku,
        }
    }
}
