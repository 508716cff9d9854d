//! Reads the listings that a plan is about, with their pushes: those of some SKUs, the kits that these are in too, or some
//! listings.

use crate::{
    db::{
        Conn, QueryResult,
        availability::{Available, of_kit},
        stores::{
            components,
            listings::{self, Listing},
            pushes::{self, Push},
            retiring::{self, RetiringListing},
        },
    },
    domain::{code::SkuCode, id::ListingId, stores::components::Components},
};
use std::collections::{BTreeSet, HashMap};

/// The listings that a transaction plans.
pub(super) enum Wanted<'a> {
    /// All listings of these SKUs, and all kits that they are in.
    Skus(BTreeSet<&'a SkuCode>),
    Listings(BTreeSet<ListingId>),
}

impl Wanted<'_> {
    /// Whether all listings of a SKU are wanted.
    pub(super) fn has_all_of(&self, sku: &SkuCode) -> bool {
        match self {
            Self::Skus(skus) => skus.contains(sku),
            Self::Listings(_) => false,
        }
    }
}

/// A listing, or a retiring one, with its push if there is one.
pub(super) struct Member {
    pub(super) listing: Listing,
    pub(super) components: Components,
    pub(super) is_retiring: bool,
    pub(super) push: Option<Push>,
}

impl Member {
    /// Units that it should show. What is available of all its SKUs was read.
    pub(super) fn should(&self, available: &Available) -> i64 {
        if self.is_retiring {
            return 0;
        }
        match &self.listing.sku {
            Some(sku) => available[sku].quantity_for(&self.listing.store).total(),
            None => of_kit(available, &self.components, &self.listing.store).total(),
        }
    }
}

/// The wanted listings, in the order of their SKUs, stores and ids.
pub(super) fn read(conn: &mut Conn, wanted: &Wanted<'_>) -> QueryResult<Vec<Member>> {
    let (listed, retiring) = match wanted {
        Wanted::Skus(skus) => of_skus(conn, skus)?,
        Wanted::Listings(ids) => (listings::by_ids(conn, ids)?, retiring::by_ids(conn, ids)?),
    };
    let mut found: Vec<(Listing, bool)> = listed.into_iter().map(|listing| (listing, false)).collect();
    found.extend(retiring.into_iter().map(|retiring| (retiring.into_listing(), true)));
    found.sort_by(|(one, _), (other, _)| (&one.sku, &one.store, one.id).cmp(&(&other.sku, &other.store, other.id)));
    let mut pushes = pushes_of(conn, wanted, &found)?;
    let kits = found.iter().filter(|(listing, _)| listing.sku.is_none()).map(|(listing, _)| listing.id);
    let mut made_of = components::of_kits(conn, kits)?;
    let mut members = Vec::with_capacity(found.len());
    for (listing, is_retiring) in found {
        let components = match &listing.sku {
            Some(sku) => Components::plain(sku.clone()),
            None => made_of.remove(&listing.id).expect("a kit has components"),
        };
        members.push(Member { push: pushes.remove(&listing.id), listing, components, is_retiring });
    }
    Ok(members)
}

fn of_skus(conn: &mut Conn, skus: &BTreeSet<&SkuCode>) -> QueryResult<(Vec<Listing>, Vec<RetiringListing>)> {
    let codes = || skus.iter().copied();
    let mut listed: Vec<Listing> = listings::of_skus(conn, codes())?.into_values().flatten().collect();
    let mut retiring: Vec<RetiringListing> = retiring::of_skus(conn, codes())?.into_values().flatten().collect();
    let kits: BTreeSet<ListingId> = components::kits_with(conn, codes())?.into_iter().map(|(_, kit)| kit).collect();
    listed.extend(listings::by_ids(conn, &kits)?);
    retiring.extend(retiring::by_ids(conn, &kits)?);
    Ok((listed, retiring))
}

/// Those of plain listings are found by their SKUs, because the rows of a SKU are next to each other.
fn pushes_of(conn: &mut Conn, wanted: &Wanted<'_>, found: &[(Listing, bool)]) -> QueryResult<HashMap<ListingId, Push>> {
    let Wanted::Skus(skus) = wanted else {
        return pushes::of_listings(conn, found.iter().map(|(listing, _)| &listing.id));
    };
    let kits = found.iter().map(|(listing, _)| listing).filter(|listing| listing.sku.is_none());
    let mut pushes = pushes::of_listings(conn, kits.map(|kit| &kit.id))?;
    for push in pushes::of_skus(conn, skus.iter().copied())?.into_values().flatten() {
        pushes.insert(push.listing, push);
    }
    Ok(pushes)
}

/// The SKUs that have to be locked to plan all listings of `skus`: themselves, and all that are in a kit with one of them.
pub(super) fn skus_with(conn: &mut Conn, skus: &BTreeSet<&SkuCode>) -> QueryResult<BTreeSet<SkuCode>> {
    let mut all: BTreeSet<SkuCode> = skus.iter().map(|sku| (*sku).clone()).collect();
    let kits: BTreeSet<ListingId> =
        components::kits_with(conn, skus.iter().copied())?.into_iter().map(|(_, kit)| kit).collect();
    for components in components::of_kits(conn, kits)?.values() {
        all.extend(components.iter().map(|component| component.sku.clone()));
    }
    Ok(all)
}
