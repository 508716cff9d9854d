//! What marketplaces say of their own promotions, for staff. What a promotion locks decides about each lowering: see
//! [`super::push`].

use super::{push::Marketplace, target::Target};
use crate::domain::stores::{campaign::Campaign, failure::Failure};

/// Whether a marketplace can be asked for its campaigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Campaigns {
    AreRead,
    /// It has campaigns, and documents no way to ask for them.
    AreNotDocumented,
    /// It has none.
    DoNotExist,
}

/// The campaigns of one listing, or why they could not be read.
pub type ReadOfOne = Result<Vec<Campaign>, Failure>;

/// A message that the campaigns of a product have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignMessage {
    /// The marketplace's id of the shop, as `Permission::shop` has it.
    pub shop: String,
    /// The marketplace's id of the product; empty for all.
    pub item: String,
}

/// Reads the campaigns of targets, of which those without usable ids are not asked for.
pub(super) async fn list<M: Marketplace>(marketplace: &M, targets: &[Target]) -> Result<Vec<ReadOfOne>, Failure> {
    let mut read: Vec<Option<ReadOfOne>> = targets.iter().map(|target| M::unmapped(target).map(Err)).collect();
    let asked: Vec<&Target> =
        targets.iter().zip(&read).filter(|(_, read)| read.is_none()).map(|(target, _)| target).collect();
    if !asked.is_empty() {
        let listed = marketplace.list_campaigns(&asked).await?;
        for (place, listed) in read.iter_mut().filter(|read| read.is_none()).zip(listed) {
            *place = Some(listed);
        }
    }
    Ok(read.into_iter().map(|read| read.expect("an answer for every target")).collect())
}
