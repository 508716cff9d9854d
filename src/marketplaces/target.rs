//! The quantity for one listing, and the marketplace's answer to it.

use super::lock;
use crate::domain::{
    code::SkuCode,
    stores::{
        campaign::Campaign,
        failure::{Failure, Lock},
    },
};

/// What one listing has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The SKU of a plain listing; `None` for a kit.
    pub sku: Option<SkuCode>,
    pub seller_sku: String,
    /// The marketplace's id of the product, if the listing is mapped to one.
    pub item_id: Option<String>,
    /// The marketplace's id of the variant, if the listing is mapped to one.
    pub variant_id: Option<String>,
    pub quantity: i64,
    /// The most units that the listing may show now; `None` if that is not known.
    pub at_most: Option<i64>,
    /// Of two quantities of a listing, the newer one has the greater number.
    pub sequence: i64,
    /// What the marketplace said of the listing a moment ago, if it was asked.
    pub seen: Option<Seen>,
}

/// What a marketplace says of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Units that buyers can buy, if it says so.
    pub shown: Option<i64>,
    /// Units of open orders that are in the quantity which is written, and that buyers cannot buy.
    pub(super) reserved: i64,
    /// The campaigns that lock units of it, now or later.
    pub(super) campaigns: Vec<lock::Campaign>,
    /// All campaigns, if they were read: those of a product without locked units are not asked for.
    pub listed: Option<Vec<Campaign>>,
}

impl Target {
    /// Whether the listing may show more now than it has to: a campaign may refuse to give up units.
    pub(super) fn lowers(&self) -> bool {
        self.at_most.is_none_or(|shown| self.quantity < shown)
    }

    /// The lowest quantity that a campaign's lock allows, if that is less than the listing may show now.
    pub fn nearest(&self, lock: Lock) -> Option<Self> {
        let nearest = Self { quantity: lock.quantity?, ..self.clone() };
        nearest.lowers().then_some(nearest)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Units that the listing shows now, or why it does not show the target. They are read back where the marketplace
    /// can be asked, so they may differ from the target: a customer bought one in between, or a person entered another
    /// number.
    pub result: Result<i64, Failure>,
    /// The marketplace's own number of the request, for its support.
    pub request_id: Option<String>,
    /// The campaigns of the listing, if they were read.
    pub campaigns: Option<Vec<Campaign>>,
}
